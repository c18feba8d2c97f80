//===-- TileAttributes.cpp - syntax and checks of attributes and types ------===//
//
// The distribution of a tile and the types of memory: how they are written, and when they make sense.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Layout/Swizzle.h"
#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

int64_t ashlar::tile::storageBits(Type elementType) {
  int64_t bits = elementType.getIntOrFloatBitWidth();
  return bits == 1 ? 8 : bits;
}

//===-- #tile.distribution ---------------------------------------------------===//

static SmallVector<int64_t> flatten(const std::vector<layout::Mode> &modes) {
  SmallVector<int64_t> triples;
  for (const layout::Mode &mode : modes)
    triples.append({mode.size, mode.stride, mode.stride == 0 ? 0 : mode.dim});
  return triples;
}

static std::vector<layout::Mode> unflatten(ArrayRef<int64_t> triples) {
  std::vector<layout::Mode> modes;
  for (size_t i = 0; i + 2 < triples.size(); i += 3)
    modes.push_back({triples[i], triples[i + 1], static_cast<int>(triples[i + 2])});
  return modes;
}

layout::Distribution DistributionAttr::getDistribution() const {
  // Made by get() or parse(), both of which start from a valid distribution.
  return layout::Distribution::make(unflatten(getThread()), unflatten(getValue())).value_or(layout::Distribution());
}

DistributionAttr DistributionAttr::get(MLIRContext *context, const layout::Distribution &distribution) {
  return get(context, flatten(distribution.threadModes()), flatten(distribution.valueModes()));
}

void DistributionAttr::print(AsmPrinter &printer) const {
  printer << "<\"" << getDistribution().print() << "\">";
}

// The text stands in quotes since MLIR's lexer reads `@1` as the start of a symbol's name.
Attribute DistributionAttr::parse(AsmParser &parser, Type) {
  std::string text, error;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseString(&text) || parser.parseGreater())
    return {};
  std::optional<layout::Distribution> distribution = layout::Distribution::parse(text, &error);
  if (!distribution) {
    parser.emitError(location, "invalid distribution: ") << error;
    return {};
  }
  return get(parser.getContext(), *distribution);
}

LogicalResult DistributionAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                                               function_ref<InFlightDiagnostic()> emitError) const {
  if (std::optional<std::string> error = getDistribution().verify({shape.data(), shape.size()}))
    return emitError() << "the distribution does not fit the tile: " << *error;
  return success();
}

//===-- #tile.buffer_layout ---------------------------------------------------===//

void BufferLayoutAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getStrides(), printer);
  printer << "]";
  if (getSwizzleBits() != 0)
    printer << ", swizzle = " << getSwizzleBits() << " : " << getSwizzleBase() << " : " << getSwizzleShift();
  if (getPanelWidth() != 0)
    printer << ", panel = " << getPanelWidth() << " : " << getPanelStride();
  printer << ">";
}

/// `= a : b : …`
static ParseResult parseNumbers(AsmParser &parser, ArrayRef<int64_t *> numbers) {
  for (auto [i, number] : llvm::enumerate(numbers))
    if ((i == 0 ? parser.parseEqual() : parser.parseColon()) || parser.parseInteger(*number))
      return failure();
  return success();
}

Attribute BufferLayoutAttr::parse(AsmParser &parser, Type) {
  SmallVector<int64_t> strides;
  SMLoc location = parser.getCurrentLocation();
  auto parseStride = [&] { return parser.parseInteger(strides.emplace_back()); };
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseStride))
    return {};
  int64_t bits = 0, base = 0, shift = 0, width = 0, stride = 0;
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return {};
    bool isSwizzle = keyword == "swizzle";
    if (!isSwizzle && keyword != "panel")
      return parser.emitError(location, "expected 'swizzle' or 'panel', got '") << keyword << "'", Attribute();
    if (isSwizzle ? parseNumbers(parser, {&bits, &base, &shift}) : parseNumbers(parser, {&width, &stride}))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<BufferLayoutAttr>(location, parser.getContext(), ArrayRef<int64_t>(strides), bits, base,
                                             shift, width, stride);
}

LogicalResult BufferLayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                       ArrayRef<int64_t> strides, int64_t bits, int64_t base, int64_t shift,
                                       int64_t panelWidth, int64_t panelStride) {
  for (int64_t stride : strides)
    if (stride < 0)
      return emitError() << "'#tile.buffer_layout' C1: expected strides of at least 0, got " << stride;
  std::string error = "its parameters must be small numbers";
  bool isSmall = llvm::all_of(ArrayRef<int64_t>{bits, base, shift},
                              [](int64_t value) { return value > -64 && value < 64; });
  if (!isSmall || !layout::Swizzle::make(bits, base, shift, &error))
    return emitError() << "'#tile.buffer_layout' C2: the swizzle " << bits << " : " << base << " : " << shift
                       << " does not exist: " << error;
  bool hasPanel = panelWidth != 0 || panelStride != 0;
  if (hasPanel && (panelWidth < 1 || panelStride < 1 || !llvm::is_contained(strides, 1)))
    return emitError() << "'#tile.buffer_layout' C3: expected a panel of positive width and stride along a "
                          "contiguous dimension, got "
                       << panelWidth << " : " << panelStride;
  return success();
}

//===-- !tile.buffer and !tile.view ------------------------------------------===//

/// Elements that memory can hold: `storageBits` gives them a power of two.
static LogicalResult verifyElement(function_ref<InFlightDiagnostic()> emitError, StringRef name,
                                   Type element) {
  unsigned bits = element && element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 0;
  if (!llvm::is_contained({1u, 4u, 8u, 16u, 32u, 64u}, bits))
    return emitError() << "'!" << name
                       << "' C1: expected an integer or float element of 1, 4, 8, 16, 32 or 64 bits, got "
                       << element;
  return success();
}

/// Whether a buffer spans at most `limit` elements, a dynamic extent counted as 1. In floating point, where
/// nothing overflows.
static bool spansAtMost(int64_t limit, ArrayRef<int64_t> shape, ArrayRef<int64_t> strides) {
  double elements = 1, last = 0;
  for (auto [index, extent] : llvm::enumerate(shape)) {
    double count = ShapedType::isDynamic(extent) ? 1 : double(extent);
    elements *= std::max(count, 1.0);
    last += strides.empty() ? 0 : std::max(count - 1, 0.0) * double(strides[index]);
  }
  return std::max(elements, last) <= double(limit);
}

static ParseResult parseShapeAndElement(AsmParser &parser, SmallVector<int64_t> &shape, Type &element) {
  return failure(parser.parseDimensionList(shape, /*allowDynamic=*/true) || parser.parseType(element));
}

static void printShapeAndElement(AsmPrinter &printer, ArrayRef<int64_t> shape, Type element) {
  printer.printDimensionList(shape);
  if (!shape.empty())
    printer << "x";
  printer << element;
}

Type BufferType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  StringRef spaceName;
  BufferLayoutAttr layout;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parseShapeAndElement(parser, shape, element) || parser.parseComma() ||
      parser.parseKeyword(&spaceName))
    return {};
  std::optional<MemorySpace> space = symbolizeMemorySpace(spaceName);
  if (!space) {
    parser.emitError(location, "expected memory space 'global' or 'shared', got '") << spaceName << "'";
    return {};
  }
  if (succeeded(parser.parseOptionalComma()) && parser.parseAttribute(layout))
    return {};
  if (parser.parseGreater())
    return {};
  return parser.getChecked<BufferType>(location, parser.getContext(), ArrayRef<int64_t>(shape), element, *space, layout);
}

void BufferType::print(AsmPrinter &printer) const {
  printer << "<";
  printShapeAndElement(printer, getShape(), getElementType());
  printer << ", " << stringifyMemorySpace(getSpace());
  if (getLayout())
    printer << ", " << getLayout();
  printer << ">";
}

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape,
                                 Type elementType, MemorySpace space, BufferLayoutAttr layout) {
  if (failed(verifyElement(emitError, "tile.buffer", elementType)))
    return failure();
  for (auto [index, extent] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(extent) && (space == MemorySpace::Shared || index != 0))
      return emitError() << "'!tile.buffer' C2: only the first dimension of a global buffer may be dynamic, "
                            "got dimension "
                         << index;
  if (layout && layout.getStrides().size() != shape.size())
    return emitError() << "'!tile.buffer' C3: expected " << shape.size() << " strides, got "
                       << layout.getStrides().size();
  ArrayRef<int64_t> strides = layout ? layout.getStrides() : ArrayRef<int64_t>();
  if (!spansAtMost(int64_t(1) << 48, shape, strides))
    return emitError() << "'!tile.buffer' C4: expected at most 2^48 elements";
  if (space == MemorySpace::Shared &&
      (llvm::is_contained(shape, 0) || !spansAtMost(maxBlockElements, shape, strides)))
    return emitError() << "'!tile.buffer' C5: expected 1 to 2^20 elements in shared memory";
  return success();
}

SmallVector<int64_t> BufferType::getStrides() const {
  if (getLayout())
    return SmallVector<int64_t>(getLayout().getStrides());
  SmallVector<int64_t> strides(getShape().size(), 1);
  for (int64_t i = static_cast<int64_t>(getShape().size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * getShape()[i + 1];
  return strides;
}

int64_t BufferType::getSizeInBytes() const {
  int64_t last = 0;
  SmallVector<int64_t> strides = getStrides();
  int64_t contiguous = getPanelDim();
  for (auto [dim, extent] : llvm::enumerate(getShape())) {
    if (extent == 0)
      return 0;
    int64_t panels = 0, inPanel = extent - 1;
    if (static_cast<int64_t>(dim) == contiguous && extent > getLayout().getPanelWidth()) {
      panels = inPanel / getLayout().getPanelWidth();
      inPanel = getLayout().getPanelWidth() - 1; // The panels before the last are full.
    }
    last += inPanel * strides[dim] + (panels > 0 ? panels * getLayout().getPanelStride() : 0);
  }
  return ((last + 1) * storageBits(getElementType()) + 7) / 8;
}

int64_t BufferType::getPanelDim() const {
  BufferLayoutAttr layout = getLayout();
  if (!layout || layout.getPanelWidth() == 0)
    return -1;
  int64_t contiguous = -1;
  for (auto [dim, stride] : llvm::enumerate(layout.getStrides()))
    contiguous = stride == 1 ? static_cast<int64_t>(dim) : contiguous;
  return contiguous;
}

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parseShapeAndElement(parser, shape, element) || parser.parseGreater())
    return {};
  return parser.getChecked<ViewType>(location, parser.getContext(), ArrayRef<int64_t>(shape), element);
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t>,
                               Type elementType) {
  return verifyElement(emitError, "tile.view", elementType);
}

void ViewType::print(AsmPrinter &printer) const {
  printer << "<";
  printShapeAndElement(printer, getShape(), getElementType());
  printer << ">";
}
