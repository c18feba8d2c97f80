//===-- ThreadProgramVerifier.cpp - Refusals in the user's words ----------===//
//
// What one thread's program cannot hold is refused here, with the operation, its location and the reason,
// before the backend sees it: LLVM would abort on some of it, and the conversion framework would only say
// "failed to legalize".
//
//===----------------------------------------------------------------------===//

#include "ThreadProgram.h"

#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar;

static bool isTargetDialect(Dialect *dialect) {
  return isa_and_present<LLVM::LLVMDialect, NVVM::NVVMDialect, ptx::PtxDialect>(dialect);
}

static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

/// Functions that LLVM turns into instructions for every float type.
static bool isInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::ClampFOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp, math::FloorOp, math::FmaOp,
             math::IPowIOp, math::IsFiniteOp, math::IsInfOp, math::IsNaNOp, math::IsNormalOp,
             math::RoundEvenOp, math::RoundOp, math::SqrtOp, math::TruncOp>(op);
}

static LogicalResult verifyType(Operation *op, Type type) {
  Type element = getElementTypeOrSelf(type);
  if (isa<MemRefType, RankedTensorType, UnrankedTensorType, UnrankedMemRefType>(type))
    return op->emitOpError()
           << "has a value of type " << type
           << ", which a thread's program cannot hold: memory is reached through LLVM pointers and"
              " register tiles are vectors";
  if (isa<FloatType>(element) && !isHalf(element) && !element.isF32() && !element.isF64())
    return op->emitOpError() << "computes with " << element
                             << ", which has no GPU lowering yet: convert to f16, bf16 or f32 first";
  if (isa<ComplexType>(element))
    return op->emitOpError() << "computes with " << element
                             << ", which has no GPU lowering: split it into real and imaginary parts";
  if (auto vector = dyn_cast<VectorType>(type); vector && vector.isScalable())
    return op->emitOpError() << "has the scalable vector type " << type << ", which does not exist on GPUs";
  return success();
}

static LogicalResult verifyFunction(Operation *op) {
  if (!isa_and_present<math::MathDialect>(op->getDialect()) || isInstruction(op))
    return success();
  Type element = getElementTypeOrSelf(op->getOperand(0));
  if (element.isF32() || isHalf(element))
    return success();
  return op->emitOpError() << "has no GPU lowering for " << element
                           << ": only f16, bf16 and f32 are computed; convert the operand to f32";
}

static LogicalResult verifyControlFlow(Operation *op) {
  if (!isa_and_present<scf::SCFDialect>(op->getDialect()) ||
      isa<scf::ForOp, scf::IfOp, scf::WhileOp, scf::IndexSwitchOp, scf::ExecuteRegionOp, scf::YieldOp,
          scf::ConditionOp>(op))
    return success();
  return op->emitOpError() << "cannot stand in a thread's program: only for, if, while, index_switch and"
                              " execute_region can";
}

LogicalResult ashlar::verifyBeforeConversion(Operation *gpuModule) {
  WalkResult result = gpuModule->walk<WalkOrder::PreOrder>([](Operation *op) -> WalkResult {
    if (isTargetDialect(op->getDialect()))
      return WalkResult::advance();
    for (TypeRange types : {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
      for (Type type : types)
        if (failed(verifyType(op, type)))
          return WalkResult::interrupt();
    return failure(failed(verifyFunction(op)) || failed(verifyControlFlow(op)));
  });
  return failure(result.wasInterrupted());
}

LogicalResult ashlar::verifyAfterConversion(Operation *gpuModule) {
  WalkResult result = gpuModule->walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    if (op == gpuModule || isTargetDialect(op->getDialect()))
      return WalkResult::advance();
    // A cast is left where its user is: the user is what has to be named.
    if (isa<UnrealizedConversionCastOp>(op))
      return WalkResult::advance();
    if (isa<vector::ExtractOp, vector::InsertOp>(op))
      op->emitOpError()
          << "picks a part of a register tile by a value that is not constant, but registers have no"
             " addresses: unroll the loop that computes the position";
    else
      op->emitOpError() << "has no lowering to a GPU thread's instructions";
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  result = gpuModule->walk([](LLVM::LLVMFuncOp function) -> WalkResult {
    if (!function.isExternal())
      return WalkResult::advance();
    function.emitOpError() << "is called but not defined: kernels cannot use library functions";
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  result = gpuModule->walk([](UnrealizedConversionCastOp cast) -> WalkResult {
    cast->emitError() << "a value of type " << cast.getOperandTypes().front()
                      << " is used where it has no form on the GPU (wanted: " << cast.getResultTypes().front()
                      << ")";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
