//===-- SizeChecks.cpp - what a call's sizes must fulfil --------------------===//
//
// Kernels rely on sizes that types leave open. Here that becomes part of the launch plan, which is checked at each call
// before anything runs.
//
//===-----------------------------------------------------------------------===//
#include "SizeChecks.h"
#include "ashlar/GPU/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IntegerSet.h"

using namespace mlir;
using namespace ashlar;
using package::Expression;

/// Whether the relation holds, if no size decides that.
static std::optional<bool> decide(package::SizeCheck::Relation relation, const Expression &left,
                                  const Expression &right) {
  if (left == right)
    return true;
  std::optional<int64_t> a = left.constantValue(), b = right.constantValue();
  if (!a || !b)
    return std::nullopt;
  return relation == package::SizeCheck::Relation::Equal ? *a == *b : *a <= *b;
}

LogicalResult SizeChecks::add(Operation *op, Relation relation, Expression left, Expression right, std::string reason) {
  if (std::optional<bool> holds = decide(relation, left, right)) {
    if (*holds)
      return success();
    return op->emitError("needs the sizes ") << *left.constantValue() << " and " << *right.constantValue() << " to be "
                                             << (relation == Relation::Equal ? "equal: " : "in this order: ") << reason;
  }
  if (relation == Relation::Equal && left.constantValue())
    std::swap(left, right);
  auto isSame = [&](const package::SizeCheck &known) {
    return known.relation == relation && known.left == left && known.right == right;
  };
  if (llvm::none_of(checks, isSame))
    checks.push_back({relation, std::move(left), std::move(right), std::move(reason)});
  return success();
}

/// Adds the terms of a sum to one of two sides, so that none is subtracted: `s0 - s1 * 4` becomes `s0` and `s1 * 4`.
static void separate(AffineExpr expr, AffineExpr &added, AffineExpr &subtracted) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add) {
    separate(binary.getLHS(), added, subtracted);
    separate(binary.getRHS(), added, subtracted);
    return;
  }
  auto factor = dyn_cast<AffineConstantExpr>(expr.getKind() == AffineExprKind::Mul ? binary.getRHS() : expr);
  if (!factor || factor.getValue() >= 0)
    added = added + expr;
  else if (expr.getKind() == AffineExprKind::Mul)
    subtracted = subtracted + binary.getLHS() * -factor.getValue();
  else
    subtracted = subtracted - factor.getValue();
}

LogicalResult SizeChecks::addRequirements(tile::LaunchOp launch, ArrayRef<Expression> dimensions) {
  std::optional<IntegerSet> set = launch.getRequirements();
  for (unsigned i = 0; set && i < set->getNumConstraints(); ++i) {
    AffineExpr zero = getAffineConstantExpr(0, launch.getContext()), added = zero, subtracted = zero;
    separate(set->getConstraint(i), added, subtracted);
    Expression left = HostExpressions::expand(added, dimensions),
               right = HostExpressions::expand(subtracted, dimensions);
    bool isEqual = set->isEq(i);
    std::string reason = "kernel '" + launch.getKernelAttr().getLeafReference().str() + "' relies on it";
    if (failed(isEqual ? add(launch, Relation::Equal, left, right, reason)
                       : add(launch, Relation::AtMost, right, left, reason)))
      return failure();
  }
  return success();
}

LogicalResult SizeChecks::addReach(tile::LaunchOp launch, Operation *kernel) {
  auto width = kernel->getAttrOfType<IntegerAttr>(indexBitwidthAttrName);
  if (width && width.getInt() > 32)
    return success();
  std::string reason = "kernel '" + launch.getKernelAttr().getLeafReference().str() +
                       "' computes addresses in 32 bits, as kernels for dynamic sizes do; compile it for the static size";
  SmallVector<Value> tensors(launch.getInputs());
  llvm::append_range(tensors, launch.getResults());
  for (Value tensor : tensors) {
    if (cast<RankedTensorType>(tensor.getType()).hasStaticShape())
      continue;
    FailureOr<Expression> elements = expressions.elements(tensor);
    if (failed(elements) || failed(add(launch, Relation::AtMost, *elements, Expression(maxElements32Bit), reason)))
      return failure();
  }
  return success();
}

LogicalResult SizeChecks::addReshape(Operation *op) {
  Value source = op->getOperand(0), result = op->getResult(0);
  std::string reason = op->getName().getStringRef().str() + " relies on it";
  auto addProduct = [&](int64_t dim, ArrayRef<int64_t> group) -> LogicalResult {
    FailureOr<Expression> whole = expressions.extent(source, dim);
    if (failed(whole))
      return failure();
    Expression product(1);
    for (int64_t part : group) {
      FailureOr<Expression> factor = expressions.extent(result, part);
      if (failed(factor))
        return failure();
      product = product.constantValue() == 1 ? *factor : product * *factor;
    }
    return add(op, Relation::Equal, *whole, product, reason);
  };
  auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
  for (int64_t dim = 0; dim < cast<RankedTensorType>(source.getType()).getRank(); ++dim)
    if (failed(expand ? addProduct(dim, expand.getReassociationIndices()[dim]) : addProduct(dim, {dim})))
      return failure();
  return success();
}
