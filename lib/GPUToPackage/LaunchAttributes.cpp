//===-- LaunchAttributes.cpp - a kernel's attributes as a launch ------------===//
//
// What the levels above decided about a launch stands on the kernel; here it becomes a step of the plan. The
// limits of the hardware are checked with the whole manifest.
//
//===-----------------------------------------------------------------------===//
#include "LaunchAttributes.h"
#include "HostExpressions.h"
#include "ashlar/GPU/Passes.h"

using namespace mlir;
using namespace ashlar;
using package::Argument;
using package::BufferRef;
using package::Expression;

//===-- Geometry -----------------------------------------------------------------===//

static LogicalResult addCluster(LLVM::LLVMFuncOp kernel, AffineMap grid, package::LaunchStep &step) {
  auto cluster = kernel->getAttrOfType<DenseI32ArrayAttr>(NVVM::NVVMDialect::getClusterDimAttrName());
  for (int64_t axis = 0; cluster && axis < cluster.size(); ++axis) {
    step.cluster[axis] = cluster[axis];
    if (cluster[axis] < 1 || !grid.getResult(axis).isMultipleOf(cluster[axis]))
      return kernel.emitOpError("runs in clusters of ")
             << cluster[axis] << " blocks along dimension " << axis
             << ", of which its grid is not known to be a multiple; round it up in ashlar.grid";
  }
  return success();
}

LogicalResult ashlar::addGeometry(LLVM::LLVMFuncOp kernel, ArrayRef<Expression> dimensions,
                                  package::LaunchStep &step) {
  auto threads = kernel->getAttrOfType<DenseI32ArrayAttr>(NVVM::NVVMDialect::getReqntidAttrName());
  step.block = {threads[0], threads[1], threads[2]};
  step.dynamicSharedBytes = kernel->getAttrOfType<IntegerAttr>("ashlar.shared_bytes").getInt();
  AffineMap grid = kernel->getAttrOfType<AffineMapAttr>("ashlar.grid").getValue();
  for (unsigned axis = 0; axis < 3; ++axis)
    step.grid[axis] = HostExpressions::expand(grid.getResult(axis), dimensions);
  if (failed(addCluster(kernel, grid, step)))
    return failure();
  step.programmaticLaunch = kernel->hasAttr(programmaticLaunchAttrName);
  if (auto blocks = kernel->getAttrOfType<IntegerAttr>(persistentGridAttrName))
    step.persistentBlocks = blocks.getInt();
  if (auto traffic = kernel->getAttrOfType<DictionaryAttr>("ashlar.traffic"))
    step.traffic = package::Traffic{traffic.getAs<IntegerAttr>("read").getInt(),
                                    traffic.getAs<IntegerAttr>("written").getInt()};
  return success();
}

//===-- Tensor maps ---------------------------------------------------------------===//

/// What copies move of it; types without one of their own go as bytes.
static std::optional<TensorMapElement> mapElement(Type type) {
  return llvm::TypeSwitch<Type, std::optional<TensorMapElement>>(type)
      .Case<Float16Type>([](auto) { return TensorMapElement::F16; })
      .Case<BFloat16Type>([](auto) { return TensorMapElement::BF16; })
      .Case<Float32Type>([](auto) { return TensorMapElement::F32; })
      .Case<Float64Type>([](auto) { return TensorMapElement::F64; })
      .Case<FloatTF32Type>([](auto) { return TensorMapElement::TF32; })
      .Case<Float8E4M3FNType, Float8E5M2Type>([](auto) { return TensorMapElement::U8; })
      .Case<IntegerType>([](IntegerType integer) -> std::optional<TensorMapElement> {
        switch (integer.getWidth()) {
        case 8:
          return TensorMapElement::U8;
        case 16:
          return TensorMapElement::U16;
        case 32:
          return TensorMapElement::S32;
        case 64:
          return TensorMapElement::S64;
        default:
          return std::nullopt;
        }
      })
      .Default([](Type) { return std::nullopt; });
}

namespace {
/// Reads the dictionary of one map; a diagnostic at the kernel for what is missing or of another type.
class TensorMapReader {
public:
  TensorMapReader(LLVM::LLVMFuncOp kernel, int64_t index, DictionaryAttr dictionary)
      : kernel(kernel), index(index), dictionary(dictionary) {}

  FailureOr<package::TensorMapArgument> read(ArrayRef<BufferRef> buffers, ArrayRef<Expression> dimensions);

private:
  InFlightDiagnostic error() { return kernel.emitOpError() << "tensor map " << index << ": "; }
  LogicalResult number(DictionaryAttr from, StringRef key, int64_t &result);
  LogicalResult numbers(DictionaryAttr from, StringRef key, std::vector<int64_t> &result);
  LogicalResult sizes(StringRef key, ArrayRef<Expression> dimensions, std::vector<Expression> &result);
  LogicalResult readBox(package::TensorMapArgument &map);

  LLVM::LLVMFuncOp kernel;
  int64_t index;
  DictionaryAttr dictionary;
};
} // namespace

LogicalResult TensorMapReader::number(DictionaryAttr from, StringRef key, int64_t &result) {
  auto value = from.getAs<IntegerAttr>(key);
  if (!value)
    return error() << "its '" << key << "' must be an integer";
  result = value.getInt();
  return success();
}

/// Dense or not: both stand for the same list.
LogicalResult TensorMapReader::numbers(DictionaryAttr from, StringRef key, std::vector<int64_t> &result) {
  if (auto dense = from.getAs<DenseI64ArrayAttr>(key)) {
    result = dense.asArrayRef().vec();
    return success();
  }
  auto list = from.getAs<ArrayAttr>(key);
  if (!list || !llvm::all_of(list, llvm::IsaPred<IntegerAttr>))
    return error() << "its '" << key << "' must be an array of integers";
  for (auto value : list.getAsRange<IntegerAttr>())
    result.push_back(value.getInt());
  return success();
}

LogicalResult TensorMapReader::sizes(StringRef key, ArrayRef<Expression> dimensions,
                                     std::vector<Expression> &result) {
  auto attribute = dictionary.getAs<AffineMapAttr>(key);
  if (!attribute || attribute.getValue().getNumDims() ||
      attribute.getValue().getNumSymbols() != dimensions.size())
    return error() << "its '" << key << "' must be an affine map of the kernel's " << dimensions.size()
                   << " runtime dimensions as symbols";
  for (AffineExpr expr : attribute.getValue().getResults())
    result.push_back(HostExpressions::expand(expr, dimensions));
  return success();
}

LogicalResult TensorMapReader::readBox(package::TensorMapArgument &map) {
  if (dictionary.contains("element_strides") &&
      failed(numbers(dictionary, "element_strides", map.elementStrides)))
    return failure();
  if (!dictionary.contains("im2col"))
    return numbers(dictionary, "box", map.box);
  auto im2col = dictionary.getAs<DictionaryAttr>("im2col");
  if (!im2col)
    return error() << "its 'im2col' must be a dictionary";
  package::Im2col &walk = map.im2col.emplace();
  return success(succeeded(numbers(im2col, "lower", walk.lower)) &&
                 succeeded(numbers(im2col, "upper", walk.upper)) &&
                 succeeded(number(im2col, "channels", walk.channels)) &&
                 succeeded(number(im2col, "pixels", walk.pixels)));
}

FailureOr<package::TensorMapArgument> TensorMapReader::read(ArrayRef<BufferRef> buffers,
                                                            ArrayRef<Expression> dimensions) {
  package::TensorMapArgument map;
  int64_t buffer = 0;
  if (failed(number(dictionary, "buffer", buffer)) || failed(number(dictionary, "offset", map.offset)) ||
      failed(number(dictionary, "swizzle", map.swizzle)) ||
      failed(sizes("extents", dimensions, map.extents)) ||
      failed(sizes("strides", dimensions, map.strides)) || failed(readBox(map)))
    return failure();
  if (buffer < 0 || buffer >= static_cast<int64_t>(buffers.size()))
    return error() << "there is no buffer " << buffer << "; the kernel has " << buffers.size();
  map.buffer = buffers[buffer];
  auto type = dictionary.getAs<TypeAttr>("element");
  std::optional<TensorMapElement> element = type ? mapElement(type.getValue()) : std::nullopt;
  if (!element)
    return error()
           << "its 'element' must be a type of 8, 16, 32 or 64 bits; narrower ones are copied as bytes";
  map.element = *element;
  return map;
}

LogicalResult ashlar::addTensorMaps(LLVM::LLVMFuncOp kernel, ArrayRef<BufferRef> buffers,
                                    ArrayRef<Expression> dimensions, package::LaunchStep &step) {
  auto maps = kernel->getAttrOfType<ArrayAttr>(tensorMapsAttrName);
  for (auto [index, attribute] : llvm::enumerate(maps ? maps.getValue() : ArrayRef<Attribute>())) {
    auto dictionary = dyn_cast<DictionaryAttr>(attribute);
    if (!dictionary)
      return kernel.emitOpError() << "tensor map " << index << ": must be a dictionary";
    FailureOr<package::TensorMapArgument> map =
        TensorMapReader(kernel, index, dictionary).read(buffers, dimensions);
    if (failed(map))
      return failure();
    step.arguments.push_back(Argument::tensorMap(std::move(*map)));
  }
  return success();
}
