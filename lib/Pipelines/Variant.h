//===-- Variant.h - a program as compiled for some of the targets -----------===//
//
// Every GPU gets schedules of its own. Targets for which the same kernels come out share a variant.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_PIPELINES_VARIANT_H
#define ASHLAR_LIB_PIPELINES_VARIANT_H

#include "ashlar/Pipelines/Compile.h"
#include "ashlar/Target/HostSharedObject.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/OwningOpRef.h"

namespace ashlar {

struct Variant {
  llvm::SmallVector<const TargetInfo *> gpus;
  /// The simulator runs these kernels.
  bool isSimulated = false;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  /// Kernels that went through the GPU pipeline; null if no function needed one.
  mlir::gpu::GPUModuleOp kernels() const {
    return mlir::ModuleOp(*module).lookupSymbol<mlir::gpu::GPUModuleOp>("kernels");
  }
};

/// Makes the package of a program: images of all variants and the reference, code for all of them generated
/// in parallel, and the launch plans. `reference` may have no module.
mlir::FailureOr<CompileResult> pack(llvm::ArrayRef<Variant> variants, HostProgram reference,
                                    const CompileOptions &options);

} // namespace ashlar

#endif // ASHLAR_LIB_PIPELINES_VARIANT_H
