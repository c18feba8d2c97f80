//===-- RegisterRules.cpp - Host forms of operations on one thread's registers ---===//
//
// What LLVM can express becomes LLVM operations, so that the optimiser sees through it.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace ashlar::host {

static LogicalResult replace(Operation *op, Value value) {
  op->replaceAllUsesWith(ValueRange{value});
  op->erase();
  return success();
}

static LogicalResult lowerWarpSize(FunctionLowering &lowering, Operation *op) {
  return replace(op, lowering.constant(32));
}

/// div.full is within 2 ulp of the rounded quotient, which the host computes.
static LogicalResult lowerDivision(FunctionLowering &lowering, Operation *op) {
  return replace(op, LLVM::FDivOp::create(lowering.builder, lowering.location, op->getOperand(0),
                                          op->getOperand(1)));
}

/// The sum of the minterms that the table asks for; LLVM simplifies it.
static LogicalResult lowerLop3(FunctionLowering &lowering, Operation *op) {
  auto lop3 = cast<ptx::Lop3Op>(op);
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  Value ones = lowering.constant(~0u), result = lowering.constant(0);
  const Value inputs[] = {lop3.getA(), lop3.getB(), lop3.getC()};
  for (uint32_t row = 0; row < 8; ++row) {
    if (!(lop3.getImmLut() >> row & 1))
      continue;
    Value term = ones;
    for (uint32_t i = 0; i < 3; ++i) {
      bool isSet = row >> (2 - i) & 1;
      Value factor = isSet ? inputs[i] : LLVM::XOrOp::create(builder, location, inputs[i], ones).getResult();
      term = LLVM::AndOp::create(builder, location, term, factor);
    }
    result = LLVM::OrOp::create(builder, location, result, term);
  }
  return replace(op, result);
}

/// A byte shuffle where the selector is constant and copies no signs, else a call.
static LogicalResult permute(FunctionLowering &lowering, Operation *op, Value low, Value high,
                             Value selector) {
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  APInt bits;
  if (!matchPattern(selector, m_ConstantInt(&bits)) || (bits.getZExtValue() & 0x8888))
    return replace(op,
                   lowering.callApi(offsetof(AshlarSimulatorApi, prmt), lowering.i32, {low, high, selector}));
  Type bytes = VectorType::get({4}, builder.getI8Type());
  Value lowBytes = LLVM::BitcastOp::create(builder, location, bytes, low);
  Value highBytes = LLVM::BitcastOp::create(builder, location, bytes, high);
  SmallVector<int32_t> indices;
  for (uint32_t i = 0; i < 4; ++i)
    indices.push_back(int32_t(bits.getZExtValue() >> (4 * i) & 7));
  Value shuffled = LLVM::ShuffleVectorOp::create(builder, location, lowBytes, highBytes, indices);
  return replace(op, LLVM::BitcastOp::create(builder, location, lowering.i32, shuffled));
}

static LogicalResult lowerPtxPermute(FunctionLowering &lowering, Operation *op) {
  auto prmt = cast<ptx::PrmtOp>(op);
  return permute(lowering, op, prmt.getLow(), prmt.getHigh(), prmt.getSelector());
}

static LogicalResult lowerPermute(FunctionLowering &lowering, Operation *op) {
  auto prmt = cast<NVVM::PermuteOp>(op);
  if (prmt.getMode() != NVVM::PermuteMode::DEFAULT)
    return op->emitOpError("in other than the default mode has no form for the simulator");
  return permute(lowering, op, prmt.getLo(), prmt.getHi(), prmt.getSelector());
}

static LogicalResult lowerLoadGlobal(FunctionLowering &lowering, Operation *op) {
  auto load = cast<ptx::LdGlobalOp>(op);
  uint64_t bytes = storageBytes(load.getType());
  uint32_t flags = ASHLAR_ACCESS_GLOBAL | ASHLAR_ACCESS_READ |
                   uint32_t(llvm::Log2_64(bytes)) << ASHLAR_ACCESS_ALIGNMENT_SHIFT;
  Value address = lowering.announce(load.getAddress(), bytes, flags, op);
  return replace(op, LLVM::LoadOp::create(lowering.builder, lowering.location, load.getType(), address,
                                          /*alignment=*/1));
}

/// cvt.rn.tf32 and cvt.rna.tf32: 10 bits of fraction remain, the rest of the register is zero.
static LogicalResult lowerTF32(FunctionLowering &lowering, Operation *op) {
  auto convert = cast<NVVM::ConvertFloatToTF32Op>(op);
  bool isEven = convert.getRnd() == NVVM::FPRoundingMode::RN;
  bool isAway = convert.getRnd() == NVVM::FPRoundingMode::RNA;
  if (!(isEven || isAway) || convert.getRelu() || convert.getSat() != NVVM::SaturationMode::NONE)
    return op->emitOpError(
        "has a form for the simulator with rounding rn or rna only, without saturation and relu");
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  constexpr uint32_t dropped = 13;
  Value bits = LLVM::BitcastOp::create(builder, location, lowering.i32, convert.getSrc());
  Value bias = lowering.constant(1u << (dropped - 1));
  if (isEven) {
    Value shifted = LLVM::LShrOp::create(builder, location, bits, lowering.constant(dropped));
    Value odd = LLVM::AndOp::create(builder, location, shifted, lowering.constant(1));
    bias = LLVM::AddOp::create(builder, location, lowering.constant((1u << (dropped - 1)) - 1), odd);
  }
  Value rounded = LLVM::AddOp::create(builder, location, bits, bias);
  // Infinities and NaN are not rounded: they would change their class.
  Value magnitude = LLVM::AndOp::create(builder, location, bits, lowering.constant(0x7fffffff));
  Value isFinite = LLVM::ICmpOp::create(builder, location, LLVM::ICmpPredicate::ult, magnitude,
                                        lowering.constant(0x7f800000));
  Value chosen = LLVM::SelectOp::create(builder, location, isFinite, rounded, bits);
  return replace(op, LLVM::AndOp::create(builder, location, chosen, lowering.constant(~0u << dropped)));
}

/// cvt.rn.{f16,bf16}x2.f32: the first operand goes to the high half.
template <typename Op>
static LogicalResult lowerPackedConversion(FunctionLowering &lowering, Operation *op) {
  auto convert = cast<Op>(op);
  bool isPlain = convert.getRnd() == NVVM::FPRoundingMode::RN &&
                 convert.getSat() == NVVM::SaturationMode::NONE && !convert.getRelu() &&
                 !convert.getRandomBits();
  if (!isPlain)
    return op->emitOpError("has a form for the simulator with rounding rn only, without saturation and relu");
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  auto type = cast<VectorType>(convert.getType());
  Value result = LLVM::UndefOp::create(builder, location, type);
  const Value inputs[] = {convert.getSrcLo(), convert.getSrcHi()};
  for (uint32_t i = 0; i < 2; ++i) {
    Value half = LLVM::FPTruncOp::create(builder, location, type.getElementType(), inputs[i]);
    result = LLVM::InsertElementOp::create(builder, location, result, half, lowering.constant(i));
  }
  return replace(op, result);
}

void addRegisterRules(llvm::StringMap<InstructionRule> &rules) {
  rules["nvvm.read.ptx.sreg.warpsize"] = lowerWarpSize;
  rules["nvvm.prmt"] = lowerPermute;
  rules["nvvm.convert.float.to.tf32"] = lowerTF32;
  rules["nvvm.convert.f32x2.to.f16x2"] = lowerPackedConversion<NVVM::ConvertF32x2ToF16x2Op>;
  rules["nvvm.convert.f32x2.to.bf16x2"] = lowerPackedConversion<NVVM::ConvertF32x2ToBF16x2Op>;
  rules["ptx.div"] = lowerDivision;
  rules["ptx.lop3"] = lowerLop3;
  rules["ptx.prmt"] = lowerPtxPermute;
  rules["ptx.ld_global"] = lowerLoadGlobal;
}

} // namespace ashlar::host
