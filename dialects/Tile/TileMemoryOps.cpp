//===-- TileMemoryOps.cpp - constraints of views, copies, loads and stores --===//
//
// Verifiers and builders of the operations on memory.
//
//===-----------------------------------------------------------------------===//
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar::tile;

/// The shape and element type of a view, a buffer or a tile.
static std::pair<ArrayRef<int64_t>, Type> shapeAndElement(Type type) {
  if (auto view = dyn_cast<ViewType>(type))
    return {view.getShape(), view.getElementType()};
  if (auto buffer = dyn_cast<BufferType>(type))
    return {buffer.getShape(), buffer.getElementType()};
  auto tile = cast<RankedTensorType>(type);
  return {tile.getShape(), tile.getElementType()};
}

/// What copies, loads and stores have in common: a tile (or its shared-memory image) against addressable
/// memory.
static LogicalResult verifyAccess(Operation *op, Type memory, Type tile, OperandRange offsets,
                                  std::optional<ArrayRef<bool>> inBounds) {
  auto [memoryShape, memoryElement] = shapeAndElement(memory);
  auto [tileShape, tileElement] = shapeAndElement(tile);
  if (memoryShape.size() != tileShape.size() || memoryElement != tileElement)
    return op->emitOpError("C1: expected equal ranks and element types, got ") << memory << " and " << tile;
  if (offsets.size() != memoryShape.size())
    return op->emitOpError("C1: expected ") << memoryShape.size() << " offsets, got " << offsets.size();
  if (inBounds && inBounds->size() != memoryShape.size())
    return op->emitOpError("C2: expected ")
           << memoryShape.size() << " in_bounds entries, got " << inBounds->size();
  return success();
}

/// What loads and stores have in common beyond that.
static LogicalResult verifyRegisters(Operation *op, Type memory, RankedTensorType tile, OperandRange offsets,
                                     std::optional<ArrayRef<bool>> inBounds) {
  if (failed(verifyAccess(op, memory, tile, offsets, inBounds)))
    return failure();
  auto buffer = dyn_cast<BufferType>(memory);
  for (int64_t dim = 0; buffer && dim < buffer.getRank(); ++dim)
    if (buffer.getShape()[dim] < tile.getDimSize(dim))
      return op->emitOpError("C3: expected a buffer that holds the tile ") << tile << ", got " << buffer;
  return success();
}

LogicalResult ViewOp::verify() {
  AffineMap map = getMap();
  BufferType buffer = getBuffer().getType();
  ViewType view = getView().getType();
  if (static_cast<int64_t>(map.getNumDims()) != view.getRank() ||
      map.getNumSymbols() != getSymbols().size() ||
      static_cast<int64_t>(map.getNumResults()) != buffer.getRank())
    return emitOpError("C1: expected a map from ")
           << view.getRank() << " dimensions and " << getSymbols().size() << " symbols to "
           << buffer.getRank() << " coordinates, got " << getMapAttr();
  if (buffer.getElementType() != view.getElementType())
    return emitOpError("C2: expected equal element types, got ") << buffer << " and " << view;
  int64_t dynamic = llvm::count_if(view.getShape(), ShapedType::isDynamic);
  if (dynamic != static_cast<int64_t>(getSizes().size()))
    return emitOpError("C3: expected ") << dynamic << " sizes, got " << getSizes().size();
  return success();
}

LogicalResult BitcastOp::verify() {
  BufferType from = getBuffer().getType(), to = getResult().getType();
  auto isWords = [](BufferType type) {
    return type.getRank() == 1 && !ShapedType::isDynamic(type.getShape()[0]) &&
           type.getElementType().isSignlessInteger();
  };
  auto bits = [](BufferType type) {
    return type.getShape()[0] * static_cast<int64_t>(type.getElementType().getIntOrFloatBitWidth());
  };
  if (!isWords(from) || !isWords(to) || bits(from) != bits(to))
    return emitOpError("C1: expected static buffers of rank 1 with as many bits of signless integers, got ")
           << from << " and " << to;
  return success();
}

LogicalResult AllocOp::verify() {
  int64_t offset = getOffset().value_or(0);
  if (offset < 0 || offset > std::numeric_limits<int32_t>::max())
    return emitOpError("C1: expected an offset in [0, 2^31), got ") << offset;
  return success();
}

LogicalResult AsyncWaitOp::verify() {
  int64_t pending = getPending();
  if (pending < 0 || pending > std::numeric_limits<int32_t>::max())
    return emitOpError("C1: expected a number of groups in [0, 2^31), got ") << pending;
  return success();
}

/// A buffer's swizzle and panels; zeros for none.
static std::array<int64_t, 5> arrangementOf(BufferType buffer) {
  BufferLayoutAttr layout = buffer.getLayout();
  if (!layout)
    return {};
  std::array<int64_t, 5> all = {layout.getSwizzleBits(), layout.getSwizzleBase(), layout.getSwizzleShift(),
                                layout.getPanelWidth(), layout.getPanelStride()};
  if (layout.getSwizzleBits() == 0)
    all[1] = all[2] = 0;
  return all;
}

LogicalResult StageOp::verify() {
  BufferType source = getBuffer().getType(), result = getResult().getType();
  SmallVector<int64_t> sourceStrides = source.getStrides();
  if (source.getRank() == 0 || source.getShape().drop_front() != result.getShape() ||
      source.getElementType() != result.getElementType() ||
      ArrayRef<int64_t>(sourceStrides).drop_front() != ArrayRef<int64_t>(result.getStrides()) ||
      arrangementOf(source) != arrangementOf(result))
    return emitOpError("C1: expected the buffer without its first dimension, got ") << source << " and " << result;
  return success();
}

/// The buffer type with its dimensions permuted; the layout becomes explicit.
static BufferType permuteBuffer(BufferType source, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape, strides, sourceStrides = source.getStrides();
  for (int64_t dim : permutation) {
    shape.push_back(source.getShape()[dim]);
    strides.push_back(sourceStrides[dim]);
  }
  BufferLayoutAttr layout = source.getLayout();
  auto permuted = layout ? layout.withStrides(strides) : BufferLayoutAttr::get(source.getContext(), strides, 0, 0, 0);
  return BufferType::get(shape, source.getElementType(), source.getSpace(), permuted);
}

void TransposeOp::build(OpBuilder &builder, OperationState &state, Value buffer,
                        ArrayRef<int64_t> permutation) {
  build(builder, state, permuteBuffer(cast<BufferType>(buffer.getType()), permutation), buffer, permutation);
}

LogicalResult TransposeOp::verify() {
  BufferType source = getBuffer().getType();
  ArrayRef<int64_t> permutation = getPermutation();
  if (static_cast<int64_t>(permutation.size()) != source.getRank() || !isPermutationVector(permutation))
    return emitOpError("C1: expected a permutation of ") << source.getRank() << " dimensions";
  if (getResult().getType() != permuteBuffer(source, permutation))
    return emitOpError("C2: expected the result ")
           << permuteBuffer(source, permutation) << ", got " << getResult().getType();
  return success();
}

LogicalResult CopyOp::verify() {
  BufferType destination = getDestination().getType();
  if (failed(verifyAccess(*this, getView().getType(), destination, getOffsets(), getInBounds())))
    return failure();
  int64_t dim = getVectorDim().value_or(0), width = getVectorWidth().value_or(1);
  if (getVectorDim() && (dim < 0 || dim >= destination.getRank()))
    return emitOpError("C3: expected a vector_dim in [0, ") << destination.getRank() << "), got " << dim;
  if (width < 1)
    return emitOpError("C3: expected a vector_width of at least 1, got ") << width;
  if (getPredicate().size() > 1)
    return emitOpError("C4: expected at most one predicate, got ") << getPredicate().size();
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyRegisters(*this, getSource().getType(), cast<RankedTensorType>(getTile().getType()),
                         getOffsets(), getInBounds());
}

LogicalResult StoreOp::verify() {
  return verifyRegisters(*this, getDestination().getType(), cast<RankedTensorType>(getTile().getType()),
                         getOffsets(), getInBounds());
}
