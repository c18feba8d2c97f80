//===-- GPUToHost.h - Kernels as host code for the simulator --------------===//
//
// The exit of the compiler that makes `kernels/sim.so`: the same LLVM-level kernel module that becomes PTX is
// turned into a shared object in which a kernel is an ordinary function of one thread. Loading and running it
// is the simulator's part (ashlar/Simulator/Simulator.h).
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOHOST_GPUTOHOST_H
#define ASHLAR_GPUTOHOST_GPUTOHOST_H

#include "ashlar/Target/HostSharedObject.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace ashlar {

/// Replaces the kernel modules inside `module` by their host form (what the pass does). Emits errors at the
/// operations that have none.
mlir::LogicalResult convertGPUToHost(mlir::ModuleOp module);

/// The host form of copies of kernel modules, ready for code generation.
mlir::FailureOr<HostProgram> lowerSimulatorKernels(llvm::ArrayRef<mlir::gpu::GPUModuleOp> kernels);

/// The shared object of one LLVM-level kernel module, or of several together; they are left as they are.
/// Kernel names must differ. Fails with diagnostics.
mlir::FailureOr<std::vector<char>> emitSimulatorObject(llvm::ArrayRef<mlir::gpu::GPUModuleOp> kernels);

} // namespace ashlar

#endif
