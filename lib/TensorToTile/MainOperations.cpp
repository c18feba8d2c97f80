//===-- MainOperations.cpp - lowerings by main operation --------------------===//
//
// The table of families, and the choice of a kernel's main operation.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/MainOperations.h"
#include "ashlar/Tensor/RowPrograms.h"

using namespace mlir;
using namespace ashlar;

namespace {
struct Family {
  StringRef operation;
  StringRef kernelName;
  LogicalResult (*lower)(KernelBuilder &, Operation *);
};
} // namespace

static const Family families[] = {
    {ash::PackOp::getOperationName(), "pack", lowerPack},
    {ash::MatmulOp::getOperationName(), "matmul", lowerMatmul},
    {ash::AttentionOp::getOperationName(), "attention", lowerAttention},
    {ash::ConvOp::getOperationName(), "convolution", lowerConvolution},
    {ash::QuantizedMatmulOp::getOperationName(), "quantized_matmul", lowerQuantizedMatmul},
};

FailureOr<MainOperation> ashlar::findMainOperation(ash::KernelOp kernel) {
  if (std::optional<RowProgram> program = matchRowProgram(kernel))
    return MainOperation{program->reductions.front(), "rows", lowerRows};
  Operation *main = nullptr;
  for (Operation &op : kernel.getBlock()->without_terminator()) {
    if (isEvaluable(&op))
      continue;
    if (main) {
      op.emitError() << "'" << op.getName()
                     << "' is a second main operation of one kernel; give it a kernel of its own";
      emitRemark(main->getLoc()) << "the first one is '" << main->getName() << "'";
      return failure();
    }
    main = &op;
  }
  if (!main) {
    Value first = kernel.getYield().getValues().empty() ? Value() : kernel.getYield().getValues().front();
    if (!first)
      return kernel.emitOpError("has no results, so there is nothing to compute"), failure();
    return MainOperation{first.getDefiningOp(), "elementwise", lowerPointwise};
  }
  StringRef name = main->getName().getStringRef();
  for (const Family &family : families)
    if (family.operation == name)
      return MainOperation{main, family.kernelName, family.lower};
  if (isa<linalg::LinalgOp>(main))
    return MainOperation{main, "reduction", lowerReduction};
  main->emitError()
      << "'" << name
      << "' has no lowering to a GPU kernel; express it with linalg operations, or with the operations "
         "of the dialect ashlar that have one";
  return failure();
}
