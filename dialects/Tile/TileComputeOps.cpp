//===-- TileComputeOps.cpp - constraints of the operations on tiles ---------===//
//
// Verifiers of what is computed in registers.
//
//===-----------------------------------------------------------------------===//
#include "dialects/Tile/Tile.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static RankedTensorType tileType(Value value) { return cast<RankedTensorType>(value.getType()); }

static LogicalResult verifyTensorCoreShape(MmaOp op, RankedTensorType a, RankedTensorType accumulator) {
  unsigned bits = a.getElementTypeBitWidth();
  Type element = a.getElementType();
  if (!element.isF16() && !element.isBF16() && !element.isF32() && !element.isInteger(8))
    return op.emitOpError("C3: mma_sync takes f16, bf16, f32 (as tf32) or i8, got ") << element;
  int64_t depth = 256 / bits;
  if (accumulator.getDimSize(0) % 16 || accumulator.getDimSize(1) % 8 || a.getDimSize(1) % depth)
    return op.emitOpError("C3: expected multiples of 16x8x")
           << depth << ", got " << accumulator.getDimSize(0) << "x" << accumulator.getDimSize(1) << "x"
           << a.getDimSize(1);
  return success();
}

static bool is8BitFloat(Type element) { return isa<Float8E4M3FNType, Float8E5M2Type>(element); }

/// Of one operand: a tile or a shared buffer.
static ArrayRef<int64_t> operandShape(Value operand) {
  if (auto buffer = dyn_cast<BufferType>(operand.getType()))
    return buffer.getShape();
  return tileType(operand).getShape();
}

static Type operandElement(Value operand) {
  if (auto buffer = dyn_cast<BufferType>(operand.getType()))
    return buffer.getElementType();
  return tileType(operand).getElementType();
}

static LogicalResult verifyPlace(MmaOp op) {
  bool isWarpGroup = op.getKind() == MmaKind::Wgmma;
  bool aInTile = isa<RankedTensorType>(op.getA().getType()), bInTile = isa<RankedTensorType>(op.getB().getType());
  if (!isWarpGroup && (!aInTile || !bInTile || op.getAsync()))
    return op.emitOpError("C4: expected tiles as operands, and no 'async', of ") << stringifyMmaKind(op.getKind());
  if (!isWarpGroup)
    return success();
  if (bInTile)
    return op.emitOpError("C4: expected the right operand of wgmma in a shared buffer, got ")
           << op.getB().getType();
  Type element = operandElement(op.getA());
  bool isKnown = element.isF16() || element.isBF16() || element.isF32() || element.isInteger(8) || is8BitFloat(element);
  if (!isKnown)
    return op.emitOpError("C4: wgmma takes f16, bf16, f32 (as tf32), f8E4M3FN, f8E5M2 or i8, got ") << element;
  ArrayRef<int64_t> shape = tileType(op.getResult()).getShape();
  int64_t depth = operandShape(op.getA())[1], step = 256 / element.getIntOrFloatBitWidth();
  int64_t columns = element.isInteger() ? 16 : 8;
  if (shape[0] % 64 != 0 || shape[1] % columns != 0 || shape[1] > 256 || depth % step != 0)
    return op.emitOpError("C4: expected multiples of 64x")
           << columns << "x" << step << " of at most 256 columns, got " << shape[0] << "x" << shape[1] << "x"
           << depth;
  return success();
}

LogicalResult MmaOp::verify() {
  ArrayRef<int64_t> a = operandShape(getA()), b = operandShape(getB()), c = tileType(getAccumulator()).getShape();
  if (a.size() != 2 || b.size() != 2 || c.size() != 2 || a[0] != c[0] || a[1] != b[0] || b[1] != c[1])
    return emitOpError("C1: expected MxK, KxN and MxN tiles, got ")
           << getA().getType() << ", " << getB().getType() << " and " << getAccumulator().getType();
  Type element = operandElement(getA()), sum = getElementTypeOrSelf(getAccumulator());
  Type expected =
      element.isInteger() ? Type(IntegerType::get(getContext(), 32)) : Type(Float32Type::get(getContext()));
  bool agree = element == operandElement(getB()) || (is8BitFloat(element) && is8BitFloat(operandElement(getB())));
  if (!agree || sum != expected || element.getIntOrFloatBitWidth() > 32)
    return emitOpError("C2: expected one operand type of at most 32 bits and the accumulator type ")
           << expected << ", got " << element << ", " << operandElement(getB()) << " and " << sum;
  if (failed(verifyPlace(*this)))
    return failure();
  return getKind() == MmaKind::MmaSync ? verifyTensorCoreShape(*this, tileType(getA()), tileType(getAccumulator()))
                                       : success();
}

/// Operands in shared memory are read, by an asynchronous product at any time until it is waited for.
void MmaOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (isa<BufferType>(getA().getType()) || isa<BufferType>(getB().getType()))
    effects.emplace_back(MemoryEffects::Read::get());
  if (getAsync())
    effects.emplace_back(MemoryEffects::Write::get());
}

/// `small` must be `large` without dimension `dim`, in shape, element type and, once assigned, distribution.
static LogicalResult verifySlice(Operation *op, RankedTensorType small, RankedTensorType large, int64_t dim) {
  SmallVector<int64_t> shape(large.getShape());
  if (dim < 0 || dim >= large.getRank())
    return op->emitOpError("C1: expected a dimension in [0, ") << large.getRank() << "), got " << dim;
  shape.erase(shape.begin() + dim);
  if (small.getShape() != ArrayRef<int64_t>(shape) || small.getElementType() != large.getElementType())
    return op->emitOpError("C1: expected ") << large << " without dimension " << dim << ", got " << small;
  DistributionAttr smallDistribution = getDistributionAttr(small),
                   largeDistribution = getDistributionAttr(large);
  if (smallDistribution && largeDistribution &&
      !smallDistribution.getDistribution().isSliceOf(largeDistribution.getDistribution(), dim))
    return op->emitOpError("C2: expected the slice along ")
           << dim << " of the distribution, " << largeDistribution.getDistribution().slice(dim).print()
           << ", got " << smallDistribution.getDistribution().print();
  return success();
}

LogicalResult ReduceOp::verify() {
  return verifySlice(*this, tileType(getResult()), tileType(getSource()), getDim());
}

LogicalResult BroadcastOp::verify() {
  return verifySlice(*this, tileType(getSource()), tileType(getResult()), getDim());
}

LogicalResult SplatOp::verify() {
  if (tileType(getResult()).getElementType() != getValue().getType())
    return emitOpError("C1: expected a tile of ")
           << getValue().getType() << ", got " << getResult().getType();
  return success();
}

LogicalResult IotaOp::verify() {
  RankedTensorType result = tileType(getResult());
  if (getDim() < 0 || static_cast<int64_t>(getDim()) >= result.getRank() || !result.getElementType().isInteger(32))
    return emitOpError("C1: expected an i32 tile with a dimension ") << getDim() << ", got " << result;
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  RankedTensorType source = tileType(getSource()), result = tileType(getResult());
  if (source.getShape() != result.getShape() || source.getElementType() != result.getElementType())
    return emitOpError("C1: expected one shape and element type, got ") << source << " and " << result;
  return success();
}

/// The expression's value; maps of tiles have no symbols.
static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> coordinates) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return coordinates[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluate(binary.getLHS(), coordinates), rhs = evaluate(binary.getRHS(), coordinates);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::Mod:
    return lhs - llvm::divideFloorSigned(lhs, rhs) * rhs;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(lhs, rhs);
  default:
    return llvm::divideCeilSigned(lhs, rhs);
  }
}

std::optional<layout::Renumbering> UnpackOp::renumber(const layout::Distribution &result) {
  RankedTensorType from = tileType(getResult()), to = tileType(getSource());
  auto map = [&](std::span<const int64_t> coordinate) {
    std::vector<int64_t> image;
    for (AffineExpr expr : getMap().getResults())
      image.push_back(evaluate(expr, {coordinate.data(), coordinate.size()}));
    return image;
  };
  return layout::renumber(result, static_cast<int>(from.getRank()),
                          {to.getShape().data(), to.getShape().size()}, map);
}

/// Anything else could not be evaluated.
static bool dividesByPositives(AffineMap map) {
  bool result = true;
  map.walkExprs([&](AffineExpr expr) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!binary || expr.getKind() == AffineExprKind::Add || expr.getKind() == AffineExprKind::Mul)
      return;
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    result &= divisor && divisor.getValue() > 0;
  });
  return result;
}

LogicalResult UnpackOp::verify() {
  RankedTensorType source = tileType(getSource()), result = tileType(getResult());
  AffineMap map = getMap();
  if (map.getNumDims() != result.getRank() || map.getNumSymbols() != 0 ||
      map.getNumResults() != source.getRank())
    return emitOpError("C1: expected a map from ")
           << result.getRank() << " to " << source.getRank() << " coordinates, got " << getMapAttr();
  if (source.getElementType() != result.getElementType() ||
      source.getNumElements() != result.getNumElements())
    return emitOpError("C1: expected one element type and as many elements, got ")
           << source << " and " << result;
  if (!dividesByPositives(map))
    return emitOpError("C1: expected divisors of at least 1, got ") << getMapAttr();
  DistributionAttr from = getDistributionAttr(source), to = getDistributionAttr(result);
  if (!from || !to)
    return success();
  std::optional<layout::Renumbering> renumbering = renumber(to.getDistribution());
  if (!renumbering)
    return emitOpError("C2: the elements of a thread do not lie regularly in packed order under ")
           << to.getDistribution().print()
           << "; choose tile sizes that are powers of two and multiples of a block";
  if (renumbering->distribution != from.getDistribution())
    return emitOpError("C2: expected a source distributed as ")
           << renumbering->distribution.print() << ", got " << from.getDistribution().print();
  return success();
}
