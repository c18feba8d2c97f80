//===-- Ashlar.h - The tensor-level dialect ---------------------*- C++ -*-===//
//
// Tensors in, tensors out: the operations a tile compiler must see whole. README.md says why these, the .td
// files say what each one means. ReferenceDecompositionInterface gives the meaning of each in upstream
// dialects.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_DIALECTS_ASHLAR_ASHLAR_H
#define ASHLAR_DIALECTS_ASHLAR_ASHLAR_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>

#include "dialects/Ashlar/AshlarDialect.h.inc"
#include "dialects/Ashlar/AshlarEnums.h.inc"

namespace ashlar::ash {

/// How a convolution's filter moves over the input: one value for each spatial dimension, outermost first, in
/// elements.
struct ConvWindow {
  ConvLayout layout = ConvLayout::ChannelsLast;
  llvm::SmallVector<int64_t, 3> strides, dilations, paddingLow, paddingHigh;
  int64_t groups = 1;

  /// A window of stride 1, dilation 1 and no padding.
  static ConvWindow unit(ConvLayout layout, int64_t spatialRank);
};

/// The sizes of a convolution by name; ShapedType::kDynamic where unknown. Spatial sizes are outermost first.
struct ConvSizes {
  int64_t batch, inputChannels, outputChannels;
  llvm::SmallVector<int64_t, 3> input, filter, output;
};

/// Where the channels stand in the input and result, and the first spatial dimension, for a tensor of this
/// rank. The same positions, read in the filter, are those of its input channels and of its spatial
/// dimensions.
inline int64_t convChannelDim(ConvLayout layout, int64_t rank) {
  return layout == ConvLayout::ChannelsLast ? rank - 1 : 1;
}
inline int64_t convSpatialDim(ConvLayout layout) { return layout == ConvLayout::ChannelsLast ? 1 : 2; }

/// A packed vector as a row of boxes of the tensor, each in an order of its own.
struct PackedBlocks {
  llvm::SmallVector<int64_t> shape; ///< The box's extent along each of the tensor's dimensions.
  llvm::SmallVector<int64_t> order; ///< The dimensions along which boxes follow each other, outermost first.
  int64_t elements = 1;             ///< In a box.
  /// From an element of the tensor to its box, one coordinate for each entry of `order`, and to its place in
  /// the box.
  mlir::AffineMap map;
};

/// Dimensions (a tensor and a number) that have one size when the program runs.
using SharedSize = llvm::SmallVector<std::pair<mlir::Value, int64_t>, 4>;

} // namespace ashlar::ash

#include "dialects/Ashlar/AshlarInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Ashlar/AshlarAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/Ashlar/AshlarOps.h.inc"

#endif // ASHLAR_DIALECTS_ASHLAR_ASHLAR_H
