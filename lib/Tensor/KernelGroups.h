//===-- KernelGroups.h - Which operations become one kernel -----*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSOR_KERNELGROUPS_H
#define ASHLAR_LIB_TENSOR_KERNELGROUPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace ashlar {

/// Operations that become one kernel. All stand in the function's block; those that are repeated rather than
/// moved (constants, fills, what only moves elements) are found when the kernel is made.
struct KernelGroup {
  mlir::Operation *main = nullptr; ///< Null if everything in it is elementwise.
  llvm::SmallSetVector<mlir::Operation *, 8> members;
  llvm::StringRef kind = "elementwise"; ///< For the kernel's name.
};

/// Groups all operations of the function that compute. Fails, after a diagnostic, on an operation that no
/// kernel can compute.
mlir::FailureOr<llvm::SmallVector<KernelGroup>> findKernelGroups(mlir::func::FuncOp function);

/// Whether a kernel that reads the result repeats `op` instead of reading a tensor: it computes nothing.
bool isRepeatable(mlir::Operation *op);

/// Puts the group into an ashlar.kernel at the place of its last member.
void outlineKernel(KernelGroup &group, llvm::StringRef namePrefix);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_KERNELGROUPS_H
