//===-- IndexEvaluator.cpp - index arithmetic, evaluated ---------------------===//
//
// The operations that canonicalisation leaves of index arithmetic, and affine maps.
//
//===-----------------------------------------------------------------------===//
#include "IndexEvaluator.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace ashlar::tile;

static std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)) || constant.getBitWidth() > 64)
    return std::nullopt;
  return constant.getBitWidth() == 1 ? constant.getZExtValue() : constant.getSExtValue();
}

/// Quotients and remainders of indices that are not negative; nothing where it matters how they are rounded.
static std::optional<int64_t> divide(Operation *op, int64_t lhs, int64_t rhs) {
  if (lhs < 0 || rhs <= 0)
    return std::nullopt;
  if (isa<arith::RemUIOp, arith::RemSIOp>(op))
    return lhs % rhs;
  return isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op) ? (lhs + rhs - 1) / rhs : lhs / rhs;
}

/// The result of a binary operation; nothing for those that are not needed for indices.
static std::optional<int64_t> evaluateBinary(Operation *op, int64_t lhs, int64_t rhs) {
  return TypeSwitch<Operation *, std::optional<int64_t>>(op)
      .Case([&](arith::AddIOp) { return llvm::checkedAdd(lhs, rhs); })
      .Case([&](arith::SubIOp) { return llvm::checkedSub(lhs, rhs); })
      .Case([&](arith::MulIOp) { return llvm::checkedMul(lhs, rhs); })
      .Case([&](arith::XOrIOp) { return lhs ^ rhs; })
      .Case([&](arith::AndIOp) { return lhs & rhs; })
      .Case([&](arith::OrIOp) { return lhs | rhs; })
      .Case<arith::MinSIOp, arith::MinUIOp>([&](Operation *) { return std::min(lhs, rhs); })
      .Case<arith::MaxSIOp, arith::MaxUIOp>([&](Operation *) { return std::max(lhs, rhs); })
      .Case<arith::RemUIOp, arith::RemSIOp, arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp,
            arith::CeilDivUIOp, arith::CeilDivSIOp>([&](Operation *op) { return divide(op, lhs, rhs); })
      .Case([&](arith::CmpIOp compare) -> std::optional<int64_t> {
        return arith::applyCmpPredicate(compare.getPredicate(), APInt(64, lhs, /*isSigned=*/true),
                                        APInt(64, rhs, /*isSigned=*/true));
      })
      .Default([](Operation *) { return std::nullopt; });
}

static std::optional<int64_t> evaluateMap(Operation *op, ArrayRef<int64_t> operands) {
  auto constants = [&](AffineMap map) -> std::optional<SmallVector<int64_t>> {
    SmallVector<Attribute> attributes, results;
    for (int64_t operand : operands)
      attributes.push_back(IntegerAttr::get(IndexType::get(op->getContext()), operand));
    if (failed(map.constantFold(attributes, results)))
      return std::nullopt;
    return llvm::map_to_vector(results, [](Attribute result) { return cast<IntegerAttr>(result).getInt(); });
  };
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    if (auto results = constants(apply.getAffineMap()))
      return results->front();
  if (auto min = dyn_cast<affine::AffineMinOp>(op))
    if (auto results = constants(min.getAffineMap()))
      return *llvm::min_element(*results);
  if (auto max = dyn_cast<affine::AffineMaxOp>(op))
    if (auto results = constants(max.getAffineMap()))
      return *llvm::max_element(*results);
  return std::nullopt;
}

std::optional<int64_t> IndexEvaluator::evaluate(Value value, int depth) const {
  if (auto found = given.find(value); found != given.end())
    return found->second;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (std::optional<int64_t> constant = getConstant(value))
    return constant;
  auto operand = [&](unsigned i) { return evaluate(op->getOperand(i), depth + 1); };
  if (isa<arith::SelectOp>(op)) {
    std::optional<int64_t> condition = operand(0);
    return condition ? operand(*condition ? 1 : 2) : std::nullopt;
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return operand(0);
  SmallVector<int64_t> operands;
  for (unsigned i = 0; i < op->getNumOperands(); ++i) {
    std::optional<int64_t> number = operand(i);
    if (!number)
      return std::nullopt;
    operands.push_back(*number);
  }
  if (isa<affine::AffineApplyOp, affine::AffineMinOp, affine::AffineMaxOp>(op))
    return evaluateMap(op, operands);
  return operands.size() == 2 ? evaluateBinary(op, operands[0], operands[1]) : std::nullopt;
}
