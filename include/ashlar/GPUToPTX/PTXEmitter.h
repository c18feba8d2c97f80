//===-- PTXEmitter.h - PTX text from a kernel module ------------*- C++ -*-===//
//
// The GPU exit: an LLVM-level kernel module (llvm, nvvm and ptx operations in a gpu.module) goes through
// LLVM's NVPTX backend in this process. No toolkit is needed.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOPTX_PTXEMITTER_H
#define ASHLAR_GPUTOPTX_PTXEMITTER_H

#include "ashlar/Target/TargetInfo.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"

#include <string>

namespace ashlar {

/// Registers what emitPTX needs of a context. A tool or pass that runs on several threads must do so before
/// it starts.
void registerPTXEmission(mlir::DialectRegistry &registry);

/// Rewrites operations that LLVM knows only as text into `llvm.inline_asm`: those with an InlinePtxInterface,
/// and those of NVVM with a BasicPtxBuilderInterface.
mlir::LogicalResult lowerToInlinePtx(mlir::Operation *gpuModule);

/// The PTX of all kernels in `gpuModule`, which stays as it is. The same module and target give the same
/// text.
///
/// Shared memory is addressed with 32 bits. Fails with a diagnostic at the module if the module holds
/// operations that have no translation, if LLVM IR or backend reject it, or if `target` lacks an instruction.
mlir::FailureOr<std::string> emitPTX(mlir::gpu::GPUModuleOp gpuModule, const TargetInfo &target);

} // namespace ashlar

#endif // ASHLAR_GPUTOPTX_PTXEMITTER_H
