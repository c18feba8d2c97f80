//===-- MmaVariant.cpp - Which mma the simulator executes -----------------===//
//
// From the attributes of nvvm.mma.sync to the number that the simulator knows the instruction by.
//
//===----------------------------------------------------------------------===//

#include "MatrixLists.h"

using namespace mlir;

namespace ashlar::host {

/// The ABI's number of an element type; nothing for types the simulator lacks.
static std::optional<uint32_t> mmaType(NVVM::MMATypes type) {
  switch (type) {
  case NVVM::MMATypes::f16:
    return ASHLAR_MMA_F16;
  case NVVM::MMATypes::bf16:
    return ASHLAR_MMA_BF16;
  case NVVM::MMATypes::tf32:
    return ASHLAR_MMA_TF32;
  case NVVM::MMATypes::s8:
    return ASHLAR_MMA_S8;
  case NVVM::MMATypes::u8:
    return ASHLAR_MMA_U8;
  case NVVM::MMATypes::s4:
    return ASHLAR_MMA_S4;
  case NVVM::MMATypes::u4:
    return ASHLAR_MMA_U4;
  case NVVM::MMATypes::f32:
    return ASHLAR_MMA_F32;
  case NVVM::MMATypes::s32:
    return ASHLAR_MMA_S32;
  default:
    return std::nullopt;
  }
}

/// Depths of m16n8kK for elements of this many bits.
static bool isKnownDepth(uint32_t type, uint32_t k) {
  switch (type) {
  case ASHLAR_MMA_F16:
  case ASHLAR_MMA_BF16:
    return k == 8 || k == 16;
  case ASHLAR_MMA_TF32:
    return k == 8;
  case ASHLAR_MMA_S8:
  case ASHLAR_MMA_U8:
    return k == 16 || k == 32;
  default:
    return k == 32 || k == 64;
  }
}

std::optional<uint32_t> mmaVariant(NVVM::MmaOp mma) {
  auto operandType = [](std::optional<NVVM::MMATypes> stated, OperandRange operands) {
    if (stated)
      return mmaType(*stated);
    auto inferred = NVVM::MmaOp::inferOperandMMAType(operands.front().getType(), /*isAccumulator=*/false);
    return inferred ? mmaType(*inferred) : std::nullopt;
  };
  auto a = operandType(mma.getMultiplicandAPtxType(), mma.getOperandA());
  auto b = operandType(mma.getMultiplicandBPtxType(), mma.getOperandB());
  auto accumulator = mmaType(mma.accumPtxType()), result = mmaType(mma.resultPtxType());
  auto shape = mma.getShape();
  bool isRowByColumn = mma.getLayoutA() == NVVM::MMALayout::row && mma.getLayoutB() == NVVM::MMALayout::col;
  if (!a || !b || !accumulator || accumulator != result || !isRowByColumn || shape.getM() != 16 ||
      shape.getN() != 8 || !isKnownDepth(*a, uint32_t(shape.getK())))
    return std::nullopt;
  bool saturates = mma.getIntOverflowBehavior() == NVVM::MMAIntOverflow::satfinite;
  return ASHLAR_MMA_VARIANT(*a, *b, *accumulator, shape.getK(), saturates);
}

} // namespace ashlar::host
