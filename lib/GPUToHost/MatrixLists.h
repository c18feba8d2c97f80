//===-- MatrixLists.h - Lists of matrix instructions ----------------------===//
//
// The lanes of a simulated warp meet for every collective, and a meeting costs more than the arithmetic of an
// mma. So matrix instructions of a block of code are collected into lists that are executed in one meeting:
//   - mma reads and writes registers only. It may sink to the first use of its result, or the end of the
//   block of code. A
//     use as the accumulator of another mma is no use: the two become links of a chain in the same list.
//   - ldmatrix reads shared memory. It may sink as well, but not past anything that may write memory or wait.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPUTOHOST_MATRIXLISTS_H
#define ASHLAR_LIB_GPUTOHOST_MATRIXLISTS_H

#include "HostLowering.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace ashlar::host {

/// ASHLAR_MMA_VARIANT of the operation; nothing for shapes and types that the simulator lacks.
std::optional<uint32_t> mmaVariant(mlir::NVVM::MmaOp mma);

/// Replaces all nvvm.mma.sync and nvvm.ldmatrix operations of the function.
mlir::LogicalResult lowerMatrixInstructions(FunctionLowering &lowering);

} // namespace ashlar::host

#endif
