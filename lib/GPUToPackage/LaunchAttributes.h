//===-- LaunchAttributes.h - a kernel's attributes as a launch --------------===//
#ifndef ASHLAR_LIB_GPUTOPACKAGE_LAUNCHATTRIBUTES_H
#define ASHLAR_LIB_GPUTOPACKAGE_LAUNCHATTRIBUTES_H

#include "ashlar/Package/Manifest.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace ashlar {

/// Sets grid, block, cluster, shared memory and everything else of `step` that attributes of `kernel` say,
/// for the values `dimensions` of its runtime dimensions. A diagnostic at the kernel where they say nothing
/// that can be launched.
mlir::LogicalResult addGeometry(mlir::LLVM::LLVMFuncOp kernel, mlir::ArrayRef<package::Expression> dimensions,
                                package::LaunchStep &step);

/// Appends the kernel's tensor maps to the arguments of `step`, of which the first are `buffers`. All others
/// must be there already.
mlir::LogicalResult addTensorMaps(mlir::LLVM::LLVMFuncOp kernel, mlir::ArrayRef<package::BufferRef> buffers,
                                  mlir::ArrayRef<package::Expression> dimensions, package::LaunchStep &step);

} // namespace ashlar

#endif // ASHLAR_LIB_GPUTOPACKAGE_LAUNCHATTRIBUTES_H
