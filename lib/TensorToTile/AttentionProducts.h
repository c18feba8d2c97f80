//===-- AttentionProducts.h - what a block of attention multiplies -*- C++ -*-===//
//
// A block computes the attention of some rows, tile by tile of keys. A row is a query of one head; where
// several query heads share a key head, `packing` of them can stand in one block, query by query: row r is
// query r floordiv packing of head r mod packing of the block's heads. So a decoding step, with one query a
// head, still fills a tile.
//
// Scores and outputs come in strips of columns, each a tile of its own, so that only one strip of keys or
// values has to be in registers at a time.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_ATTENTIONPRODUCTS_H
#define ASHLAR_LIB_TENSORTOTILE_ATTENTIONPRODUCTS_H

#include "StagedTile.h"

#include <memory>

namespace ashlar {

/// What a block works on. The symbols of its spaces are the batch and the number of the block's heads.
struct AttentionBlock {
  ash::AttentionOp op;
  int64_t packing;
  TileDim rows;
  TileDim values; ///< The part of a head's output that the block makes.
  int64_t keyTile;
  mlir::AffineExpr keyCount;
  llvm::SmallVector<mlir::Value> symbols;

  mlir::MLIRContext *context() const { return symbols.front().getContext(); }
  TileSpace space(llvm::ArrayRef<TileDim> dims) const { return {llvm::to_vector(dims), symbols}; }
  /// The block's keys from `offset` on.
  TileDim keysAt(mlir::Value offset) const;
  /// Coordinates in the operation's tensors, given the row, the key and the position in a head as
  /// expressions.
  mlir::AffineExpr batch() const { return mlir::getAffineSymbolExpr(0, context()); }
  mlir::AffineExpr queryHead(mlir::AffineExpr row) const;
  mlir::AffineExpr keyHead() const;
  mlir::AffineExpr query(mlir::AffineExpr row) const { return row.floorDiv(packing); }
};

/// The two products of attention. One object serves one block; in this order: prepare before the loop over
/// tiles of keys, then in the loop scores and accumulate once each.
class AttentionProducts {
public:
  virtual ~AttentionProducts() = default;

  /// Columns of a strip of scores and of a strip of the output; the latter
  /// cover the block's values.
  virtual int64_t scoreStrip() const = 0;
  virtual int64_t outputStrip() const = 0;
  virtual int64_t outputStrips() const = 0;

  virtual mlir::LogicalResult prepare() = 0;
  /// query · keyᵀ, unscaled, in f32.
  virtual mlir::FailureOr<llvm::SmallVector<mlir::Value>> scores(TileDim keys) = 0;
  /// `output` + probabilities · value; probabilities are f32 strips.
  virtual mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  accumulate(TileDim keys, llvm::ArrayRef<mlir::Value> probabilities, llvm::ArrayRef<mlir::Value> output) = 0;
};

/// Head sizes are rounded up to multiples of this.
int64_t attentionGranule(tile::MmaKind kind);

/// On tensor cores, or by multiply-adds of single elements.
std::unique_ptr<AttentionProducts> createAttentionProducts(KernelBuilder &kernel, const AttentionBlock &block,
                                                           tile::MmaKind kind);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_ATTENTIONPRODUCTS_H
