//===-- Pack.cpp - ashlar.pack, ashlar.unpack and the packing attribute ---===//
//
// The two operations are each other's inverse and obey the same rules with input and result exchanged.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"

using namespace mlir;
using namespace ashlar::ash;

LogicalResult PackingAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef name,
                                  ArrayRef<DenseI64ArrayAttr> factors, ArrayRef<int64_t> permutation) {
  if (factors.empty())
    return emitError() << "packing: expected a dimension; a tensor of rank 0 has nothing to permute";
  int64_t count = 0;
  for (DenseI64ArrayAttr list : factors) {
    if (list.empty())
      return emitError() << "packing: expected at least one factor for each dimension";
    for (auto [index, factor] : llvm::enumerate(list.asArrayRef()))
      if (factor < 1 && !(index == 0 && ShapedType::isDynamic(factor)))
        return emitError() << "packing: expected factors of at least 1, or ? as a dimension's first";
    count += list.size();
  }
  SmallVector<bool> seen(count, false);
  for (int64_t factor : permutation) {
    if (factor < 0 || factor >= count || seen[factor])
      return emitError() << "packing: expected each of the " << count
                         << " factors once in the new order, got " << factor;
    seen[factor] = true;
  }
  if (static_cast<int64_t>(permutation.size()) != count)
    return emitError() << "packing: expected " << count << " factors in the new order, got "
                       << permutation.size();
  return success();
}

FailureOr<SmallVector<SmallVector<int64_t>>> PackingAttr::resolveFactors(ArrayRef<int64_t> shape) const {
  if (shape.size() != getFactors().size() || ShapedType::isDynamicShape(shape))
    return failure();
  SmallVector<SmallVector<int64_t>> resolved;
  for (auto [size, list] : llvm::zip_equal(shape, getFactors())) {
    SmallVector<int64_t> &factors = resolved.emplace_back(list.asArrayRef());
    int64_t inner = 1;
    for (int64_t factor : ArrayRef(factors).drop_front())
      inner *= factor;
    if (ShapedType::isDynamic(factors.front()))
      factors.front() = size / inner;
    if (factors.front() * inner != size)
      return failure();
  }
  return resolved;
}

namespace {
/// A factor as a digit of its dimension's index: index floordiv `inner` mod `size`.
struct PackedDigit {
  int64_t dim, size, inner;
  bool isOutermost; // Of its dimension; an index inside the tensor then needs no remainder.
};
} // namespace

/// The digits in packed order.
static SmallVector<PackedDigit> splitIntoDigits(PackingAttr packing, ArrayRef<int64_t> shape) {
  SmallVector<SmallVector<int64_t>> factors = *packing.resolveFactors(shape);
  SmallVector<PackedDigit> listed;
  for (auto [dim, list] : llvm::enumerate(factors)) {
    int64_t inner = shape[dim];
    for (auto [position, factor] : llvm::enumerate(list)) {
      inner /= std::max<int64_t>(factor, 1);
      listed.push_back({static_cast<int64_t>(dim), factor, inner, position == 0});
    }
  }
  return llvm::map_to_vector(packing.getPermutation(), [&](int64_t position) { return listed[position]; });
}

/// The same with neighbours of which the second continues the first as one, which keeps maps short and long
/// runs in sight.
static SmallVector<PackedDigit> packedDigits(PackingAttr packing, ArrayRef<int64_t> shape) {
  SmallVector<PackedDigit> digits;
  for (const PackedDigit &next : splitIntoDigits(packing, shape)) {
    if (!digits.empty() && digits.back().dim == next.dim && digits.back().inner == next.inner * next.size)
      digits.back() = {next.dim, digits.back().size * next.size, next.inner, digits.back().isOutermost};
    else
      digits.push_back(next);
  }
  return digits;
}

/// The number that the digits make of a point's coordinates, the last digit running fastest.
static AffineExpr numberOf(ArrayRef<PackedDigit> digits, MLIRContext *context) {
  AffineExpr number = getAffineConstantExpr(0, context);
  for (const PackedDigit &digit : digits) {
    AffineExpr index = getAffineDimExpr(digit.dim, context);
    if (!digit.isOutermost)
      index = index % (digit.inner * digit.size);
    number = number * digit.size + index.floorDiv(digit.inner);
  }
  return number;
}

AffineMap PackingAttr::getPackedMap(ArrayRef<int64_t> shape) const {
  return AffineMap::get(shape.size(), 0, numberOf(packedDigits(*this, shape), getContext()));
}

AffineMap PackingAttr::getPlainMap(ArrayRef<int64_t> shape) const {
  SmallVector<AffineExpr> indices(shape.size(), getAffineConstantExpr(0, getContext()));
  AffineExpr position = getAffineDimExpr(0, getContext());
  int64_t stride = 1;
  SmallVector<PackedDigit> digits = packedDigits(*this, shape);
  for (auto [number, digit] : llvm::enumerate(llvm::reverse(digits))) {
    AffineExpr value = position.floorDiv(stride);
    if (number + 1 < digits.size()) // The outermost digit is what is left.
      value = value % digit.size;
    indices[digit.dim] = indices[digit.dim] + value * digit.inner;
    stride *= digit.size;
  }
  return AffineMap::get(1, 0, indices, getContext());
}

int64_t PackingAttr::getRunLength(ArrayRef<int64_t> shape) const {
  PackedDigit last = packedDigits(*this, shape).back();
  return last.inner == 1 ? last.size : 1;
}

std::optional<PackedBlocks> PackingAttr::getBlocks(ArrayRef<int64_t> shape) const {
  SmallVector<PackedDigit> digits = splitIntoDigits(*this, shape);
  ArrayRef<PackedDigit> outer = ArrayRef(digits).take_front(shape.size());
  if (!llvm::all_of(outer, [](const PackedDigit &digit) { return digit.isOutermost; }))
    return std::nullopt;
  PackedBlocks blocks;
  blocks.shape.resize(shape.size());
  SmallVector<AffineExpr> coordinates;
  for (const PackedDigit &digit : outer) {
    blocks.order.push_back(digit.dim);
    blocks.shape[digit.dim] = digit.inner;
    blocks.elements *= digit.inner;
    coordinates.push_back(numberOf(digit, getContext()));
  }
  coordinates.push_back(numberOf(ArrayRef(digits).drop_front(shape.size()), getContext()));
  blocks.map = AffineMap::get(shape.size(), 0, coordinates, getContext());
  return blocks;
}

static LogicalResult verifyPacking(Operation *op, PackingAttr packing, RankedTensorType plain,
                                   RankedTensorType packed) {
  if (failed(packing.resolveFactors(plain.getShape())))
    return op->emitOpError("C1: expected a static tensor that the factors of ")
           << packing << " divide, got " << plain;
  Type from = plain.getElementType(), to = packed.getElementType();
  unsigned ratio = 1;
  if (from != to) {
    bool integers = from.isSignlessInteger() && to.isSignlessInteger();
    ratio = integers ? to.getIntOrFloatBitWidth() / from.getIntOrFloatBitWidth() : 0;
    if (!llvm::isPowerOf2_32(ratio) || ratio * from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
      return op->emitOpError("C2: expected packed elements of ")
             << from << " or an integer 2, 4, 8, ... times as wide, got " << to;
  }
  if (packed.getRank() != 1 || packed.isDynamicDim(0) ||
      packed.getNumElements() * ratio != plain.getNumElements())
    return op->emitOpError("C3: expected a vector of ")
           << plain.getNumElements() << " elements of " << from << ", " << ratio << " in each " << to
           << ", got " << packed;
  return success();
}

LogicalResult PackOp::verify() {
  return verifyPacking(*this, getPacking(), tensorTypeOf(getInput()), tensorTypeOf(getResult()));
}

LogicalResult UnpackOp::verify() {
  return verifyPacking(*this, getPacking(), tensorTypeOf(getResult()), tensorTypeOf(getInput()));
}

OpFoldResult PackOp::fold(FoldAdaptor) {
  auto unpack = getInput().getDefiningOp<UnpackOp>();
  if (unpack && unpack.getPacking() == getPacking() && unpack.getInput().getType() == getType())
    return unpack.getInput();
  return {};
}

OpFoldResult UnpackOp::fold(FoldAdaptor) {
  auto pack = getInput().getDefiningOp<PackOp>();
  if (pack && pack.getPacking() == getPacking() && pack.getInput().getType() == getType())
    return pack.getInput();
  return {};
}

static LogicalResult reifyStaticShape(OpBuilder &builder, Value result, ReifiedRankedShapedTypeDims &shapes) {
  shapes.assign(1, getAsIndexOpFoldResult(builder.getContext(), tensorTypeOf(result).getShape()));
  return success();
}

LogicalResult PackOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyStaticShape(builder, getResult(), shapes);
}

LogicalResult UnpackOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyStaticShape(builder, getResult(), shapes);
}
