//===-- KernelDescription.h - Kernels as the cost model sees them -*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSOR_KERNELDESCRIPTION_H
#define ASHLAR_LIB_TENSOR_KERNELDESCRIPTION_H

#include "ashlar/CostModel/LoopSchedule.h"
#include "ashlar/CostModel/MatmulSchedule.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace ashlar {

/// The operation that decides the kernel's loops: a named one, or a linalg operation that reduces; null if
/// there is none.
mlir::Operation *findMainOf(ash::KernelOp kernel);

/// A size of at least 1, or what a dynamic one is taken for: by default a batch of a few hundred rows.
int64_t likelyExtent(int64_t extent, int64_t likely = 512);

/// Fills in what follows from the types of a product's operands and result, and from its epilogue.
void describeOperands(cost::MatmulProblem &problem, ash::KernelOp kernel, mlir::Operation *op, mlir::Type lhs,
                      mlir::Type rhs, mlir::Type result);

cost::MatmulProblem describeMatmul(ash::KernelOp kernel, ash::MatmulOp op);

/// The problem by the ways in which a product can read `rhs`, one of its dimensions along the result's
/// columns, the other summed over; better ones first. A packed weight is read block by block as it lies,
/// where tiles are made of blocks, or in the runs that its packing leaves.
llvm::SmallVector<cost::MatmulProblem> describeReadings(cost::MatmulProblem problem, mlir::Value rhs,
                                                        int64_t columnDim, int64_t reductionDim);

cost::LoopNest describePack(ash::PackOp op);

/// The loops of `main`, or without one the dimensions of the kernel's first result.
cost::LoopNest describeLoops(ash::KernelOp kernel, mlir::Operation *main);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_KERNELDESCRIPTION_H
