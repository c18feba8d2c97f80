//===-- ReferenceObject.h - The oracle as host code -------------*- C++ -*-===//
//
// Compiles what a module computes, by the reference decompositions of its operations, to a shared object for
// the machine that checks kernels: `reference/host.so` of a package. It knows no schedule and shares no code
// with the kernels, so that the two can disagree.
//
// Each public function @name of the module becomes the exported symbol
//
//   void name(const void *const *arguments);
//
// arguments[i] points to a memref descriptor for a tensor,
//
//   struct { T *allocated, *aligned; int64_t offset, sizes[rank], strides[rank]; };
//
// or to the value of a scalar. Arguments come first, then the results, which the caller has allocated; all
// are row-major. Elements of i1 and i4 take one byte each, with the value in the low bits and zero in the
// others.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_REFERENCE_REFERENCEOBJECT_H
#define ASHLAR_REFERENCE_REFERENCEOBJECT_H

#include "ashlar/Target/HostSharedObject.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"

#include <vector>

namespace ashlar {

/// Adds the passes that turn functions on tensors into LLVM-dialect functions on memref descriptors,
/// `_mlir_ciface_name` for each function `name`. Runs on a module; also the pipeline
/// `ashlar-lower-reference`.
void buildReferencePipeline(mlir::OpPassManager &passes);
void registerReferencePipeline();

/// Adds the interfaces that the pipeline needs of upstream dialects (bufferisation, translation). Call it on
/// the registry of the context that modules are parsed in.
void registerReferenceDialects(mlir::DialectRegistry &registry);

/// A lowered copy of `module`, ready for code generation. Fails, after a diagnostic, where an operation has
/// no decomposition or no lowering to host code, where a function has tensors that are not ranked, and where
/// a function cannot be inlined into the one that calls it.
mlir::FailureOr<HostProgram> lowerReference(mlir::ModuleOp module);

/// The shared object's bytes; the same module gives the same bytes. `module` itself is left as it is. Fails
/// like lowerReference and emitHostSharedObject.
mlir::FailureOr<std::vector<char>> emitReferenceObject(mlir::ModuleOp module);

} // namespace ashlar

#endif // ASHLAR_REFERENCE_REFERENCEOBJECT_H
