//===-- Contiguity.cpp - How wide a tile's global accesses may be ---------===//
//
// The walk over the expressions of a view's map, and what is known of offsets. The header explains the idea.
//
//===----------------------------------------------------------------------===//
#include "ashlar/Tile/Contiguity.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;
using namespace ashlar::tile;

static constexpr int64_t vectorBits = 128;

static int64_t multiplyDivisors(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::max(std::abs(a), std::abs(b)) : std::abs(product);
}

//===-- Expressions along a vector ----------------------------------------===//

namespace {
/// How an expression's value develops along a vector: first + step * j, `divisor` dividing the first.
struct Progress {
  std::optional<int64_t> step;
  int64_t divisor = 1;

  /// Nothing is known for sure; `step` is a guess that ignores where quotients and remainders jump.
  static Progress unknown() { return {std::nullopt, 1}; }
};

/// Evaluates expressions for vectors of `width` along `dim`.
class VectorWalk {
public:
  VectorWalk(const TileAccess &access, int64_t dim, int64_t width) : access(access), dim(dim), width(width) {}

  Progress walk(AffineExpr expr) const;

private:
  Progress walkDimension(int64_t position) const;
  Progress walkFloorDiv(Progress a, int64_t c) const;
  Progress walkMod(Progress a, int64_t c) const;
  /// Whether the vector's values stay below the next multiple of c after its first.
  bool staysWithin(const Progress &a, int64_t c) const {
    return a.step && *a.step >= 0 && *a.step * (width - 1) < std::gcd(a.divisor, c);
  }

  const TileAccess &access;
  int64_t dim, width;
};
} // namespace

Progress VectorWalk::walkDimension(int64_t position) const {
  int64_t offset = access.offsetDivisors[position];
  if (position == dim)
    return {1, access.tileShape[position] == width ? offset : std::gcd(offset, width)};
  return {0, access.tileShape[position] == 1 ? offset : 1};
}

Progress VectorWalk::walkFloorDiv(Progress a, int64_t c) const {
  bool divides = a.divisor % c == 0;
  int64_t divisor = divides ? a.divisor / c : 1;
  if (a.step == 0 || staysWithin(a, c))
    return {0, divisor};
  if (a.step && divides && *a.step % c == 0)
    return {*a.step / c, divisor};
  return Progress::unknown();
}

Progress VectorWalk::walkMod(Progress a, int64_t c) const {
  int64_t divisor = a.divisor % c == 0 ? 0 : std::gcd(a.divisor, c);
  if (staysWithin(a, c))
    return {a.step, divisor};
  if (a.step && *a.step % c == 0)
    return {0, divisor};
  return Progress::unknown();
}

Progress VectorWalk::walk(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {0, std::abs(constant.getValue())};
  if (auto dimension = dyn_cast<AffineDimExpr>(expr))
    return walkDimension(dimension.getPosition());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return {0, access.symbolDivisors[symbol.getPosition()]};
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Progress a = walk(binary.getLHS()), b = walk(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Add) {
    std::optional<int64_t> step;
    if (a.step && b.step)
      step = *a.step + *b.step;
    return {step, std::gcd(a.divisor, b.divisor)};
  }
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul) {
    std::optional<int64_t> step;
    if (a.step && constant)
      step = *a.step * constant.getValue();
    else if (a.step == 0 && b.step == 0)
      step = 0;
    return {step, multiplyDivisors(a.divisor, b.divisor)};
  }
  // Quotients and remainders: by a symbol, only what does not move stays put.
  if (!constant || constant.getValue() <= 0)
    return a.step == 0 && b.step == 0 ? Progress{0, 1} : Progress::unknown();
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return walkFloorDiv(a, constant.getValue());
  if (expr.getKind() == AffineExprKind::Mod)
    return walkMod(a, constant.getValue());
  return a.step == 0 ? Progress{0, 1} : Progress::unknown(); // ceildiv
}

//===-- Widths ------------------------------------------------------------===//

/// Whether every coordinate inside the view lies inside the buffer's dimension `extent`.
static bool staysInside(const TileAccess &access, AffineExpr expr, int64_t extent) {
  SmallVector<std::optional<int64_t>> lower, upper;
  for (int64_t size : access.viewShape) {
    lower.push_back(0);
    upper.push_back(ShapedType::isDynamic(size) ? std::nullopt : std::optional<int64_t>(size - 1));
  }
  lower.resize(lower.size() + access.symbolDivisors.size());
  upper.resize(lower.size());
  unsigned dims = access.map.getNumDims(), symbols = access.map.getNumSymbols();
  auto least = getBoundForAffineExpr(expr, dims, symbols, lower, upper, /*isUpper=*/false);
  auto greatest = getBoundForAffineExpr(expr, dims, symbols, lower, upper, /*isUpper=*/true);
  return least && greatest && *least >= 0 && *greatest < extent;
}

/// Whether the elements of each vector are inside or outside the view together.
static bool viewTakesWhole(const TileAccess &access, int64_t dim, int64_t width) {
  if (access.inBounds[dim])
    return true;
  int64_t extent = access.viewShape[dim];
  return (ShapedType::isDynamic(extent) ? access.extentDivisors[dim] : extent) % width == 0;
}

static bool isVectorOf(const TileAccess &access, int64_t dim, int64_t width) {
  if (access.tileShape[dim] % width != 0 || access.offsetDivisors[dim] % width != 0 ||
      !viewTakesWhole(access, dim, width))
    return false;
  VectorWalk vector(access, dim, width);
  int64_t addressStep = 0, addressDivisor = 0;
  for (auto [index, expr] : llvm::enumerate(access.map.getResults())) {
    Progress coordinate = vector.walk(expr);
    int64_t stride = access.bufferStrides[index], extent = access.bufferShape[index];
    if (!coordinate.step)
      return false;
    addressStep += *coordinate.step * stride;
    addressDivisor = std::gcd(addressDivisor, multiplyDivisors(coordinate.divisor, stride));
    // Coordinates into dynamic dimensions lie inside whenever the view's do.
    if (*coordinate.step == 0 || ShapedType::isDynamic(extent))
      continue;
    bool together = *coordinate.step == 1 && coordinate.divisor % width == 0 && extent % width == 0;
    if (!together && !staysInside(access, expr, extent))
      return false;
  }
  return addressStep == 1 && addressDivisor % width == 0;
}

int64_t ashlar::tile::vectorWidth(const TileAccess &access, int64_t dim) {
  int64_t width = 1;
  for (int64_t wider = 2; wider * access.elementBits <= vectorBits && isVectorOf(access, dim, wider);
       wider *= 2)
    width = wider;
  return width;
}

/// By how much an expression grows along `dim`, mostly: quotients stand still, remainders do not wrap.
static double usualStep(AffineExpr expr, int64_t dim) {
  if (auto dimension = dyn_cast<AffineDimExpr>(expr))
    return static_cast<int64_t>(dimension.getPosition()) == dim;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return 0;
  double step = usualStep(binary.getLHS(), dim);
  if (expr.getKind() == AffineExprKind::Add)
    return step + usualStep(binary.getRHS(), dim);
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul)
    return constant ? step * constant.getValue() : step;
  if (expr.getKind() == AffineExprKind::Mod || !constant)
    return step;
  return step / constant.getValue();
}

VectorAccess ashlar::tile::vectorAccess(const TileAccess &access) {
  int64_t rank = access.viewShape.size();
  VectorAccess best{std::max<int64_t>(rank - 1, 0), 1};
  double bestDistance = 0;
  for (int64_t dim = rank - 1; dim >= 0; --dim) {
    double distance = 0;
    for (auto [expr, stride] : llvm::zip(access.map.getResults(), access.bufferStrides))
      distance += usualStep(expr, dim) * stride;
    distance = std::abs(distance);
    int64_t width = vectorWidth(access, dim);
    // A dimension of extent 1, or one that addresses do not depend on, gives neighbouring threads nothing to
    // share.
    bool isNearer =
        access.tileShape[dim] > 1 && distance > 0 && (bestDistance == 0 || distance < bestDistance);
    if (width > best.width || (width == best.width && isNearer)) {
      best = {dim, width};
      bestDistance = distance;
    }
  }
  return best;
}

//===-- What the program says ---------------------------------------------===//

static int64_t inductionDivisor(BlockArgument argument) {
  auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
  if (!loop || argument != loop.getInductionVar())
    return 1;
  return std::gcd(knownDivisor(loop.getLowerBound()), knownDivisor(loop.getStep()));
}

int64_t ashlar::tile::knownDivisor(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return std::abs(constant.getSExtValue());
  if (auto argument = dyn_cast<BlockArgument>(value))
    return inductionDivisor(argument);
  Operation *op = value.getDefiningOp();
  if (isa<arith::MulIOp>(op))
    return multiplyDivisors(knownDivisor(op->getOperand(0)), knownDivisor(op->getOperand(1)));
  if (isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp, arith::MinUIOp, arith::MaxUIOp,
          arith::RemSIOp, arith::RemUIOp>(op))
    return std::gcd(knownDivisor(op->getOperand(0)), knownDivisor(op->getOperand(1)));
  if (isa<arith::SelectOp>(op))
    return std::gcd(knownDivisor(op->getOperand(1)), knownDivisor(op->getOperand(2)));
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return knownDivisor(op->getOperand(0));
  if (isa<arith::DivSIOp, arith::DivUIOp>(op) && matchPattern(op->getOperand(1), m_ConstantInt(&constant))) {
    int64_t dividend = knownDivisor(op->getOperand(0)), divisor = std::abs(constant.getSExtValue());
    return divisor != 0 && dividend % divisor == 0 ? dividend / divisor : 1;
  }
  return 1;
}

TileAccess ashlar::tile::describeAccess(ViewOp view, ArrayRef<int64_t> tileShape, ValueRange offsets,
                                        std::optional<ArrayRef<bool>> inBounds) {
  BufferType buffer = view.getBuffer().getType();
  TileAccess access;
  access.map = view.getMap();
  access.viewShape.assign(view.getView().getType().getShape().begin(),
                          view.getView().getType().getShape().end());
  auto size = view.getSizes().begin();
  for (int64_t extent : access.viewShape)
    access.extentDivisors.push_back(ShapedType::isDynamic(extent) ? knownDivisor(*size++) : extent);
  access.bufferShape.assign(buffer.getShape().begin(), buffer.getShape().end());
  access.bufferStrides = buffer.getStrides();
  for (Value symbol : view.getSymbols())
    access.symbolDivisors.push_back(knownDivisor(symbol));
  access.tileShape.assign(tileShape.begin(), tileShape.end());
  for (Value offset : offsets)
    access.offsetDivisors.push_back(knownDivisor(offset));
  access.inBounds.assign(tileShape.size(), false);
  if (inBounds)
    access.inBounds.assign(inBounds->begin(), inBounds->end());
  access.elementBits = storageBits(buffer.getElementType());
  return access;
}

std::optional<TileAccess> ashlar::tile::describeAccess(Operation *op) {
  if (auto copy = dyn_cast<CopyOp>(op))
    if (auto view = copy.getView().getDefiningOp<ViewOp>())
      return describeAccess(view, copy.getDestination().getType().getShape(), copy.getOffsets(),
                            copy.getInBounds());
  if (auto load = dyn_cast<LoadOp>(op))
    if (auto view = load.getSource().getDefiningOp<ViewOp>())
      return describeAccess(view, cast<RankedTensorType>(load.getTile().getType()).getShape(),
                            load.getOffsets(), load.getInBounds());
  if (auto store = dyn_cast<StoreOp>(op))
    if (auto view = store.getDestination().getDefiningOp<ViewOp>())
      return describeAccess(view, cast<RankedTensorType>(store.getTile().getType()).getShape(),
                            store.getOffsets(), store.getInBounds());
  return std::nullopt;
}

VectorAccess ashlar::tile::registerVectorAccess(Operation *op) {
  std::optional<TileAccess> access = describeAccess(op);
  Value tile = isa<StoreOp>(op) ? cast<StoreOp>(op).getTile() : cast<LoadOp>(op).getTile();
  DistributionAttr distribution = getDistributionAttr(tile.getType());
  if (!access || !distribution)
    return {std::max<int64_t>(cast<RankedTensorType>(tile.getType()).getRank() - 1, 0), 1};
  VectorAccess vectors = vectorAccess(*access);
  vectors.width = std::gcd(vectors.width, distribution.getDistribution().contiguousValues(vectors.dim));
  return vectors;
}
