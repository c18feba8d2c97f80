//===-- ConvolutionGeometry.h - where a convolution's elements lie -*- C++ -*-===//
//
// A convolution reads input element o * stride + r * dilation - padding for output position o and tap r (a
// position in the filter), in each spatial dimension. This says so with affine expressions, for either layout
// of the channels.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_CONVOLUTIONGEOMETRY_H
#define ASHLAR_LIB_TENSORTOTILE_CONVOLUTIONGEOMETRY_H

#include "ashlar/TensorToTile/TileEvaluator.h"

namespace ashlar {

/// A point of a tensor's space with the channels named apart.
struct ConvolutionPoint {
  mlir::AffineExpr batch;
  llvm::SmallVector<mlir::AffineExpr> spatial;
  mlir::AffineExpr channel;
};

class ConvolutionGeometry {
public:
  explicit ConvolutionGeometry(ash::ConvOp op) : op(op), window(op.getWindow()), sizes(op.getSizes()) {}

  int64_t spatialRank() const { return window.strides.size(); }
  bool isChannelsLast() const { return window.layout == ash::ConvLayout::ChannelsLast; }
  /// The tensor's dimension of spatial dimension `dim`.
  int64_t spatialDim(int64_t dim) const { return ash::convSpatialDim(window.layout) + dim; }

  /// Coordinates in the order of the layout. For the filter, `batch` is the output channel.
  llvm::SmallVector<mlir::AffineExpr> coordinates(const ConvolutionPoint &point) const;
  /// Where in the padded input, that is not yet moved back by the padding, a tap reads.
  mlir::AffineExpr padded(int64_t dim, mlir::AffineExpr output, mlir::AffineExpr tap) const {
    return output * window.strides[dim] + tap * window.dilations[dim];
  }
  int64_t taps() const;

  ash::ConvOp op;
  ash::ConvWindow window;
  ash::ConvSizes sizes;
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_CONVOLUTIONGEOMETRY_H
