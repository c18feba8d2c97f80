//===-- SharedAddressing.cpp - addresses in a swizzled shared buffer --------===//
//
// Linear offsets, the XOR swizzle, and what both say about vector accesses.
//
//===-----------------------------------------------------------------------===//
#include "SharedAddressing.h"
#include "ViewAddressing.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace ashlar::tile;

SharedAddressing::SharedAddressing(IndexMath &math, BufferType buffer, Value base,
                                   ArrayRef<Value> coordinates)
    : math(math), buffer(buffer), base(base), runtimePart(math.constant(0)), strides(buffer.getStrides()),
      panelDim(buffer.getPanelDim()) {
  if (panelDim >= 0 && buffer.getShape()[panelDim] <= buffer.getLayout().getPanelWidth())
    panelDim = -1; // There is one panel only.
  for (auto [dim, coordinate] : llvm::enumerate(coordinates))
    if (static_cast<int64_t>(dim) == panelDim)
      panelCoordinate = coordinate;
    else
      runtimePart = math.add(runtimePart, math.mul(coordinate, strides[dim]));
  if (BufferLayoutAttr layout = buffer.getLayout()) {
    swizzleBits = layout.getSwizzleBits();
    swizzleBase = layout.getSwizzleBase();
    swizzleShift = layout.getSwizzleShift();
  }
}

Value SharedAddressing::panelPart(int64_t offset) {
  int64_t width = buffer.getLayout().getPanelWidth();
  Value coordinate = math.add(panelCoordinate, offset);
  return math.add(math.rem(coordinate, width), math.mul(math.div(coordinate, width), buffer.getLayout().getPanelStride()));
}

Value SharedAddressing::swizzled(int64_t constantPart, int64_t panelOffset) {
  Value &pointer = pointers[{constantPart, panelOffset}];
  if (pointer)
    return pointer;
  Value offset = math.add(runtimePart, constantPart);
  if (panelDim >= 0)
    offset = math.add(offset, panelPart(panelOffset));
  if (swizzleBits > 0) {
    Value source = math.div(offset, int64_t(1) << swizzleShift);
    Value bits = math.bitAnd(source, ((int64_t(1) << swizzleBits) - 1) << swizzleBase);
    offset = math.bitXor(offset, bits);
  }
  return pointer = offsetPointer(math, base, offset, storageBits(buffer.getElementType()));
}

int64_t SharedAddressing::linearize(ArrayRef<int64_t> offset) const {
  int64_t linear = 0;
  for (auto [dim, step] : llvm::enumerate(offset))
    linear += static_cast<int64_t>(dim) == panelDim ? 0 : step * strides[dim];
  return linear;
}

Value SharedAddressing::nibbleAt(ArrayRef<int64_t> offset) {
  if (storageBits(buffer.getElementType()) != 4)
    return {};
  return math.rem(math.add(runtimePart, linearize(offset)), 2); // Swizzles move whole chunks.
}

Value SharedAddressing::at(ArrayRef<int64_t> offset) {
  int64_t linear = linearize(offset);
  // What is added to a pointer afterwards must be whole bytes.
  int64_t perByte = storageBits(buffer.getElementType()) == 4 ? 2 : 1;
  int64_t period = swizzleBits > 0 ? int64_t(1) << (swizzleBits + swizzleBase + swizzleShift) : perByte;
  int64_t constantPart = linear % period;
  Value pointer = swizzled(constantPart, panelDim >= 0 ? offset[panelDim] : 0);
  if (linear == constantPart)
    return pointer;
  return offsetPointer(math, pointer, math.constant(linear - constantPart),
                       storageBits(buffer.getElementType()));
}

int64_t ashlar::tile::sharedVectorWidth(BufferType buffer, int64_t &contiguousDim) {
  int64_t width = 128 / storageBits(buffer.getElementType());
  contiguousDim = -1;
  for (auto [dim, stride] : llvm::enumerate(buffer.getStrides())) {
    if (stride == 1 && contiguousDim < 0)
      contiguousDim = dim;
    else
      while (stride % width != 0)
        width /= 2;
  }
  BufferLayoutAttr layout = buffer.getLayout();
  if (layout && layout.getSwizzleBits() > 0)
    width = std::min(width, int64_t(1) << layout.getSwizzleBase());
  return contiguousDim < 0 ? 1 : width;
}
