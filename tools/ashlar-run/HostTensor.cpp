//===-- HostTensor.cpp - a tensor in host memory --------------------------===//
//
// Shapes and values as text.
//
//===----------------------------------------------------------------------===//

#include "HostTensor.h"

#include <charconv>

namespace ashlar::run {

static Expected<int64_t> countOf(const std::vector<int64_t> &dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count))
      return invalidArgument("the element count does not fit in 64 bits");
  return count;
}

Expected<HostTensor> HostTensor::zeros(ElementType element, std::vector<int64_t> dims) {
  ASHLAR_ASSIGN_OR_RETURN(int64_t count, countOf(dims));
  ASHLAR_ASSIGN_OR_RETURN(int64_t bytes, storageBytes(element, count));
  if (bytes > package::ManifestLimits::bufferBytes)
    return invalidArgument("a tensor of " + shapeText(element, dims) + " is too large");
  return HostTensor{element, std::move(dims), std::vector<uint8_t>(static_cast<size_t>(bytes))};
}

int64_t HostTensor::count() const { return *countOf(dims); }

std::string shapeText(ElementType element, const std::vector<int64_t> &dims) {
  std::string text;
  for (int64_t dim : dims)
    text += std::to_string(dim) + "x";
  return text + elementTypeName(element);
}

std::string typeText(const package::Function &function, const package::TensorType &type) {
  std::string text;
  for (const package::Dim &dim : type.dims)
    text += (dim.symbol ? function.symbols[*dim.symbol].name : std::to_string(dim.size)) + "x";
  return text + elementTypeName(type.element);
}

Expected<HostTensor> parseShape(const std::string &text) {
  std::vector<int64_t> dims;
  size_t start = 0;
  for (size_t cross = text.find('x'); cross != std::string::npos; cross = text.find('x', start)) {
    int64_t size = 0;
    auto [end, error] = std::from_chars(text.data() + start, text.data() + cross, size);
    if (error != std::errc() || end != text.data() + cross || size < 0 || cross == start)
      return invalidArgument("'" + text + "' is no tensor type; write sizes and element type as in 2x3xf16");
    dims.push_back(size);
    start = cross + 1;
  }
  std::optional<ElementType> element = parseElementType(text.substr(start));
  if (!element)
    return invalidArgument("'" + text + "' is no tensor type: unknown element type '" + text.substr(start) +
                           "' (known: f32 f16 bf16 i64 i32 i8 i4 i1)");
  return HostTensor::zeros(*element, std::move(dims));
}

std::string elementText(const HostTensor &tensor, int64_t index) {
  char buffer[64];
  std::to_chars_result result{};
  if (isFloat(tensor.element))
    result = std::to_chars(buffer, buffer + sizeof(buffer),
                           static_cast<float>(loadElement(tensor.element, tensor.bytes.data(), index)));
  else
    result = std::to_chars(buffer, buffer + sizeof(buffer), loadInteger(tensor.element, tensor.bytes.data(), index));
  return std::string(buffer, result.ptr);
}

/// Appends the elements of axis `axis` and inwards, from linear `index` on; returns the index after them.
static int64_t appendElements(const HostTensor &tensor, size_t axis, int64_t index, int64_t maxElements,
                              std::string &text) {
  if (axis == tensor.dims.size()) {
    text += elementText(tensor, index);
    return index + 1;
  }
  text += "[";
  for (int64_t i = 0; i < tensor.dims[axis]; ++i) {
    if (index >= maxElements) {
      text += "...";
      break;
    }
    bool isInnermost = axis + 1 == tensor.dims.size();
    text += isInnermost && i > 0 ? " " : "";
    index = appendElements(tensor, axis + 1, index, maxElements, text);
  }
  text += "]";
  return index;
}

std::string tensorText(const HostTensor &tensor, int64_t maxElements) {
  std::string text = shapeText(tensor.element, tensor.dims) + "=";
  if (tensor.count() > 0)
    appendElements(tensor, 0, 0, maxElements, text);
  else
    text += "[]";
  return text;
}

} // namespace ashlar::run
