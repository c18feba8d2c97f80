//===-- ViewAddressing.cpp - from a view's coordinates to an address --------===//
//
// Expands affine maps and bounds tests of global-memory accesses.
//
//===-----------------------------------------------------------------------===//
#include "ViewAddressing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace ashlar::tile;

ViewAddressing::ViewAddressing(IndexMath &math, ViewOp view, Value base, ValueRange symbols, ValueRange sizes,
                               std::optional<ArrayRef<bool>> inBounds)
    : math(math), map(view.getMap()), buffer(view.getBuffer().getType()), base(base), symbols(symbols) {
  int64_t nextSize = 0;
  ArrayRef<int64_t> shape = view.getView().getType().getShape();
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    bool isDynamic = ShapedType::isDynamic(extent);
    extents.push_back(isDynamic ? sizes[nextSize++] : Value());
    // What lies outside the view is not accessed, so inside it the ranges hold.
    dimRanges.push_back({0, isDynamic ? std::nullopt : std::optional<int64_t>(extent - 1)});
    this->inBounds.push_back(inBounds && (*inBounds)[dim]);
    if (!isDynamic)
      extents.back() = math.constant(extent);
  }
  symbolRanges.assign(this->symbols.size(), Interval{0, std::nullopt});
}

Value ViewAddressing::insideView(ArrayRef<Value> coordinates) {
  Value condition;
  for (auto [dim, coordinate] : llvm::enumerate(coordinates))
    if (!inBounds[dim])
      condition = math.both(condition, math.lessThan(coordinate, extents[dim]));
  return condition;
}

Value ViewAddressing::insideBuffer(int64_t dim, Value coordinate) {
  int64_t extent = buffer.getShape()[dim];
  if (ShapedType::isDynamic(extent))
    return {};
  Interval range = rangeOf(map.getResult(dim), dimRanges, symbolRanges);
  if (range.lower && *range.lower >= 0 && range.upper && *range.upper < extent)
    return {};
  return math.lessThan(coordinate, math.constant(extent));
}

ElementAddress ViewAddressing::at(ArrayRef<Value> coordinates) {
  Value exists = insideView(coordinates);
  Value offset = math.constant(0);
  for (auto [dim, stride] : llvm::enumerate(buffer.getStrides())) {
    Value coordinate = expandExpression(math, map.getResult(dim), coordinates, symbols, dimRanges, symbolRanges);
    exists = math.both(exists, insideBuffer(dim, coordinate));
    offset = math.add(offset, math.mul(coordinate, stride));
  }
  unsigned bits = storageBits(buffer.getElementType());
  return {offsetPointer(math, base, offset, bits), exists, bits == 4 ? math.rem(offset, 2) : Value()};
}

Value ashlar::tile::offsetPointer(IndexMath &math, Value pointer, Value elements, unsigned bits) {
  OpBuilder &builder = math.builder;
  bool isShared = cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() == 3;
  if (bits < 8) // Packed: the caller's vectors start at whole bytes.
    elements = math.div(elements, 8 / bits);
  Type integer = isShared ? builder.getI32Type() : builder.getI64Type();
  Value offset = builder.createOrFold<arith::IndexCastOp>(math.loc, integer, elements);
  Type unit = builder.getIntegerType(std::max(bits, 8u));
  return LLVM::GEPOp::create(builder, math.loc, pointer.getType(), unit, pointer, ValueRange{offset});
}
