//===-- AttentionSoftmax.h - from scores to probabilities -------*- C++ -*-===//
//
// The softmax of a row whose scores come tile by tile (Milakov and Gimelshein 2018, "Online normalizer
// calculation for softmax"): of the tiles so far, the row's maximum and the sum of exponentials relative to
// it are kept; when the maximum grows, what was summed before is scaled down. Exponentials are powers of two,
// so log2(e) is part of the scale. A float mask is added to the scores as they are, though: it often holds
// the lowest finite number, which times log2(e) would be minus infinity.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_ATTENTIONSOFTMAX_H
#define ASHLAR_LIB_TENSORTOTILE_ATTENTIONSOFTMAX_H

#include "AttentionProducts.h"

namespace ashlar {

/// Where the keys end for a block of rows; index values.
struct KeyBounds {
  mlir::Value end;  ///< No row sees a key from here on.
  mlir::Value free; ///< Every row sees all keys before this.
  /// For each row the first key that it does not see, as i32; null where no tile of keys can reach beyond
  /// `free`.
  mlir::Value visible;
};

/// A tile's part in the softmax.
struct SoftmaxStep {
  llvm::SmallVector<mlir::Value> probabilities; ///< Not yet divided by the sum; strips.
  mlir::Value rescaling;    ///< What sums so far must be multiplied with; a number for each row.
  mlir::Value maximum, sum; ///< The row's state after this tile.
};

class AttentionSoftmax {
public:
  AttentionSoftmax(KernelBuilder &kernel, const AttentionBlock &block, int64_t stripWidth);

  /// The bounds, computed at the insertion point.
  mlir::FailureOr<KeyBounds> keyBounds();
  /// The state before the first tile.
  mlir::Value initialMaximum();
  mlir::Value initialSum();
  mlir::FailureOr<SoftmaxStep> step(TileDim keys, llvm::SmallVector<mlir::Value> scores,
                                    const KeyBounds &bounds, mlir::Value maximum, mlir::Value sum);
  /// After the last tile: what the outputs must be multiplied with, and the logarithm of the row's
  /// denominator.
  mlir::Value normalization(mlir::Value sum);
  mlir::Value logSumExp(mlir::Value maximum, mlir::Value sum);

private:
  /// The strip `number` of a tile of keys.
  TileSpace stripSpace(TileDim keys, int64_t number);
  mlir::Value scaled(mlir::Value scores);
  mlir::LogicalResult applyMask(TileDim keys, llvm::MutableArrayRef<mlir::Value> scores);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> maskStrips(TileDim keys);
  void applyBounds(TileDim keys, llvm::SmallVectorImpl<mlir::Value> &scores, const KeyBounds &bounds);
  mlir::Value visibleKeys(mlir::Value keyCount, mlir::Value queryCount);
  bool canBeEmpty();
  llvm::SmallVector<mlir::Value> hideBeyond(TileDim keys, llvm::ArrayRef<mlir::Value> scores,
                                            mlir::Value visible);
  mlir::Value minusInfinity(llvm::ArrayRef<int64_t> shape);
  bool addsMask() { return op_.getMask() && !op_.isMaskBoolean(); }

  KernelBuilder &kernel_;
  const AttentionBlock &block_;
  ash::AttentionOp op_;
  mlir::Location loc_;
  int64_t stripWidth_;
  /// What scores are still to be multiplied with when the mask has been applied; positive.
  double factor_;
  /// What maxima are to be multiplied with to be exponents of two.
  double maximumFactor_;
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_ATTENTIONSOFTMAX_H
