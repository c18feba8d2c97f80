//===-- LaunchPlan.h - what the host does, as a package's functions ---------===//
//
// After all kernels have been lowered, a function on tensors holds launches, constants, reshapes and the
// arithmetic of its dynamic dimensions: a plan. This edge writes it into a package's manifest: every tensor
// finds its buffer (an input, an output, a constant or a range of the arena), every dynamic extent becomes an
// expression of the inputs' dimensions, every launch a step with its grid and arguments.
//
// Buffers that hold intermediate results share the arena by the times at which they live: exactly planned
// where all sizes are static, one behind the other where a size is known at the call only.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_GPUTOPACKAGE_LAUNCHPLAN_H
#define ASHLAR_GPUTOPACKAGE_LAUNCHPLAN_H

#include "ashlar/Package/PackageWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LogicalResult.h"

namespace ashlar {

/// Fills the functions, kernels and constants of `writer` from `module`: public functions that hold launches,
/// and a gpu.module @kernels of LLVM-level kernels. Images and resources are added by the caller. Called
/// again, with the same functions cut into other kernels, it adds plans for `targets` alone where they differ
/// from those that are there. Fails with a diagnostic at the operation that a plan cannot hold.
mlir::LogicalResult addLaunchPlans(mlir::ModuleOp module, llvm::ArrayRef<llvm::StringRef> targets,
                                   package::PackageWriter &writer);

} // namespace ashlar

#endif // ASHLAR_GPUTOPACKAGE_LAUNCHPLAN_H
