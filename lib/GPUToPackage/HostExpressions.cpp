//===-- HostExpressions.cpp - index arithmetic of the host as expressions ---===//
//
// Follows index values back to the dimensions of the function's inputs.
//
//===-----------------------------------------------------------------------===//
#include "HostExpressions.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;
using package::Expression;

FailureOr<ElementType> ashlar::packageElementType(Type type, Location loc) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  if (std::optional<ElementType> element = parseElementType(name))
    return *element;
  return emitError(loc) << "tensors of " << type << " cannot cross a package's boundary; convert to one of f32, f16, "
                        << "bf16, i64, i32, i8, i4, i1";
}

HostExpressions::HostExpressions(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t axis = 0; type && axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis))
        continue;
      symbolOf[{argument, axis}] = table.size();
      package::DimSymbol symbol;
      symbol.name = "input" + std::to_string(argument.getArgNumber()) + "_dim" + std::to_string(axis);
      symbol.input = argument.getArgNumber();
      symbol.axis = axis;
      table.push_back(std::move(symbol));
    }
  }
}

FailureOr<package::TensorType> HostExpressions::inputType(BlockArgument argument) {
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type)
    return emitError(argument.getLoc()) << "argument " << argument.getArgNumber() << " is " << argument.getType()
                                        << "; a package's functions take ranked tensors";
  FailureOr<ElementType> element = packageElementType(type.getElementType(), argument.getLoc());
  if (failed(element))
    return failure();
  package::TensorType result{*element, {}};
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    result.dims.push_back(type.isDynamicDim(axis) ? package::Dim::dynamic(symbolOf.at({argument, axis}))
                                                  : package::Dim::fixed(type.getDimSize(axis)));
  return result;
}

FailureOr<Expression> HostExpressions::extent(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (dim < 0 || dim >= type.getRank())
    return emitError(tensor.getLoc())
           << "is asked for the size of dimension " << dim << ", which it does not have";
  if (!type.isDynamicDim(dim))
    return Expression(type.getDimSize(dim));
  if (auto entry = symbolOf.find({tensor, dim}); entry != symbolOf.end())
    return Expression::dim(entry->second);
  int64_t dynamicIndex = llvm::count_if(type.getShape().take_front(dim), ShapedType::isDynamic);
  Operation *op = tensor.getDefiningOp();
  if (auto launch = dyn_cast_or_null<tile::LaunchOp>(op)) {
    for (OpResult result : launch.getResults().take_front(cast<OpResult>(tensor).getResultNumber()))
      dynamicIndex += cast<RankedTensorType>(result.getType()).getNumDynamicDims();
    return of(launch.getResultDimensions()[dynamicIndex]);
  }
  if (auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(op))
    return of(expand.getOutputShape()[dynamicIndex]);
  if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(op)) {
    Expression product(1);
    ReassociationIndices sources = collapse.getReassociationIndices()[dim];
    for (int64_t source : sources) {
      FailureOr<Expression> factor = extent(collapse.getSrc(), source);
      if (failed(factor))
        return failure();
      product = product.constantValue() == 1 ? *factor : product * *factor;
    }
    return product;
  }
  if (auto cast = dyn_cast_or_null<tensor::CastOp>(op))
    return extent(cast.getSource(), dim);
  return emitError(tensor.getLoc()) << "the size of dimension " << dim << " does not follow from the inputs' sizes";
}

FailureOr<Expression> HostExpressions::elements(Value tensor) {
  int64_t fixed = 1;
  std::vector<Expression> factors;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim) {
    FailureOr<Expression> size = extent(tensor, dim);
    if (failed(size))
      return failure();
    if (std::optional<int64_t> constant = size->constantValue())
      fixed *= *constant;
    else
      factors.push_back(*size);
  }
  Expression count(fixed);
  for (Expression &factor : factors)
    count = count.constantValue() == 1 ? factor : count * factor;
  return count;
}

Expression HostExpressions::expand(AffineExpr expr, ArrayRef<Expression> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Expression(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::vector<Expression> operands = {expand(binary.getLHS(), symbols), expand(binary.getRHS(), symbols)};
  static const std::map<AffineExprKind, Expression::Kind> kinds = {
      {AffineExprKind::Add, Expression::Kind::Add},         {AffineExprKind::Mul, Expression::Kind::Mul},
      {AffineExprKind::Mod, Expression::Kind::Mod},         {AffineExprKind::FloorDiv, Expression::Kind::FloorDiv},
      {AffineExprKind::CeilDiv, Expression::Kind::CeilDiv},
  };
  return Expression::make(kinds.at(expr.getKind()), std::move(operands));
}

/// The operation on two index values that an expression has, too.
static std::optional<Expression::Kind> binaryKind(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Expression::Kind>>(op)
      .Case<arith::AddIOp>([](auto) { return Expression::Kind::Add; })
      .Case<arith::SubIOp>([](auto) { return Expression::Kind::Sub; })
      .Case<arith::MulIOp>([](auto) { return Expression::Kind::Mul; })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([](auto) { return Expression::Kind::CeilDiv; })
      .Case<arith::FloorDivSIOp, arith::DivUIOp, arith::DivSIOp>([](auto) { return Expression::Kind::FloorDiv; })
      .Case<arith::RemUIOp, arith::RemSIOp>([](auto) { return Expression::Kind::Mod; })
      .Case<arith::MaxSIOp, arith::MaxUIOp>([](auto) { return Expression::Kind::Max; })
      .Case<arith::MinSIOp, arith::MinUIOp>([](auto) { return Expression::Kind::Min; })
      .Default([](auto) { return std::nullopt; });
}

FailureOr<Expression> HostExpressions::of(Value index) {
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return Expression(constant.getSExtValue());
  Operation *op = index.getDefiningOp();
  if (auto dim = dyn_cast_or_null<tensor::DimOp>(op))
    if (std::optional<int64_t> axis = dim.getConstantIndex())
      return extent(dim.getSource(), *axis);
  if (auto apply = dyn_cast_or_null<affine::AffineApplyOp>(op)) {
    SmallVector<Expression> operands;
    for (Value operand : apply.getMapOperands()) {
      FailureOr<Expression> expression = of(operand);
      if (failed(expression))
        return failure();
      operands.push_back(*expression);
    }
    AffineMap map = apply.getAffineMap();
    // Dimensions and symbols stand in one list of operands.
    SmallVector<AffineExpr> dims, symbols;
    for (unsigned i = 0; i < map.getNumInputs(); ++i)
      (i < map.getNumDims() ? dims : symbols).push_back(getAffineSymbolExpr(i, index.getContext()));
    return expand(map.getResult(0).replaceDimsAndSymbols(dims, symbols), operands);
  }
  if (std::optional<Expression::Kind> kind = op ? binaryKind(op) : std::nullopt) {
    FailureOr<Expression> left = of(op->getOperand(0)), right = of(op->getOperand(1));
    if (failed(left) || failed(right))
      return failure();
    return Expression::make(*kind, {*left, *right});
  }
  return emitError(index.getLoc()) << "this size is not an expression of the inputs' sizes, so a launch plan cannot "
                                   << "hold it";
}
