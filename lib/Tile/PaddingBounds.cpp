//===-- PaddingBounds.cpp - where a view leaves its buffer -------------------===//
//
// Coordinates are evaluated; no form of expression is presumed.
//
//===-----------------------------------------------------------------------===//
#include "PaddingBounds.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// `expr` for one dimension's value; nothing where a symbol is not known.
static std::optional<int64_t> evaluate(AffineExpr expr, int64_t dim, ArrayRef<int64_t> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbol.getPosition() < symbols.size() ? std::optional(symbols[symbol.getPosition()])
                                                 : std::nullopt;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return dim;
  std::optional<int64_t> lhs = evaluate(binary.getLHS(), dim, symbols);
  std::optional<int64_t> rhs = evaluate(binary.getRHS(), dim, symbols);
  if (!lhs || !rhs)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return *lhs + *rhs;
  case AffineExprKind::Mul:
    return *lhs * *rhs;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(*lhs, *rhs);
  case AffineExprKind::CeilDiv:
    return llvm::divideCeilSigned(*lhs, *rhs);
  default: // Modulo a positive number, never negative.
    return *lhs - llvm::divideFloorSigned(*lhs, *rhs) * *rhs;
  }
}

bool PaddingBound::holds(int64_t at, ArrayRef<int64_t> symbols) const {
  std::optional<int64_t> value = evaluate(coordinate, at, symbols);
  return value && *value >= 0 && *value < extent;
}

/// Longer views are not searched for a place where the bound does not hold.
static constexpr int64_t longestSearch = 1 << 16;

static bool holdsThroughout(const PaddingBound &bound, int64_t extent) {
  if (isa<AffineDimExpr>(bound.coordinate))
    return extent <= bound.extent;
  return extent <= longestSearch &&
         llvm::all_of(llvm::seq<int64_t>(0, extent), [&](int64_t at) { return bound.holds(at, {}); });
}

SmallVector<PaddingBound> tile::findPaddingBounds(ViewOp view, unsigned dim) {
  AffineMap map = view.getMap();
  SmallVector<PaddingBound> bounds;
  for (auto [coordinate, extent] : llvm::zip(map.getResults(), view.getBuffer().getType().getShape())) {
    AffineExpr expr = coordinate;
    bool isMixed = llvm::any_of(llvm::seq(map.getNumDims()),
                                [&](unsigned other) { return other != dim && expr.isFunctionOfDim(other); });
    if (isMixed || !expr.isFunctionOfDim(dim) || extent == ShapedType::kDynamic)
      continue;
    PaddingBound bound{expr, extent};
    if (!holdsThroughout(bound, view.getView().getType().getShape()[dim]))
      bounds.push_back(bound);
  }
  return bounds;
}
