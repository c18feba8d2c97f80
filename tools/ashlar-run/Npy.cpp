//===-- Npy.cpp - NumPy's array files -------------------------------------===//
//
// The header is a Python dictionary literal with three known keys; it is read as such, with every step checked.
//
//===----------------------------------------------------------------------===//

#include "Npy.h"

#include <charconv>
#include <cstring>

namespace ashlar::run {

namespace {
struct Header {
  /// Without byte order, e.g. "f4".
  std::string type;
  std::vector<int64_t> dims;
  size_t dataOffset = 0;
};
} // namespace

static constexpr char magic[] = "\x93NUMPY";

static Status malformed(const std::string &what) { return invalidArgument("not a usable .npy file: " + what); }

/// The text after `'key':` in the dictionary.
static std::optional<std::string_view> valueOf(std::string_view dictionary, const std::string &key) {
  size_t at = dictionary.find("'" + key + "'");
  if (at == std::string_view::npos)
    return std::nullopt;
  at = dictionary.find(':', at);
  if (at == std::string_view::npos)
    return std::nullopt;
  std::string_view rest = dictionary.substr(at + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

static Expected<std::vector<int64_t>> parseTuple(std::string_view text) {
  std::vector<int64_t> dims;
  if (text.empty() || text[0] != '(')
    return malformed("its shape is no tuple");
  text.remove_prefix(1);
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (!text.empty() && text[0] == ')')
      return dims;
    int64_t size = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size < 0)
      return malformed("its shape cannot be read");
    dims.push_back(size);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
}

static Expected<Header> parseHeader(std::span<const uint8_t> file) {
  if (file.size() < 12 || std::memcmp(file.data(), magic, 6) != 0)
    return malformed("it does not start with \\x93NUMPY");
  unsigned version = file[6];
  if (version < 1 || version > 3)
    return malformed("its format version is " + std::to_string(version));
  size_t start = version == 1 ? 10 : 12;
  uint64_t length = file[8] | file[9] << 8;
  if (version > 1)
    length |= static_cast<uint64_t>(file[10]) << 16 | static_cast<uint64_t>(file[11]) << 24;
  if (length > file.size() - start)
    return malformed("it is truncated");
  std::string_view dictionary(reinterpret_cast<const char *>(file.data()) + start, length);
  auto descr = valueOf(dictionary, "descr"), order = valueOf(dictionary, "fortran_order"),
       shape = valueOf(dictionary, "shape");
  if (!descr || !order || !shape)
    return malformed("its header lacks descr, fortran_order or shape");
  if (order->substr(0, 5) != "False")
    return malformed("it is in Fortran order; save numpy.ascontiguousarray(array)");
  if (descr->size() < 5 || (*descr)[0] != '\'' || descr->find('\'', 1) == std::string_view::npos)
    return malformed("it holds records, not numbers");
  std::string type(descr->substr(1, descr->find('\'', 1) - 1));
  if (type.size() < 2 || type[0] == '>')
    return malformed("its element type '" + type + "' is not little-endian");
  Header header;
  header.type = type.substr(1);
  header.dataOffset = start + length;
  ASHLAR_ASSIGN_OR_RETURN(header.dims, parseTuple(*shape));
  return header;
}

/// NumPy's name of the type a tensor is written as.
static const char *npyType(ElementType element) {
  switch (element) {
  case ElementType::F32:
  case ElementType::BF16:
    return "f4";
  case ElementType::F16:
    return "f2";
  case ElementType::I64:
    return "i8";
  case ElementType::I32:
    return "i4";
  case ElementType::I8:
  case ElementType::I4:
    return "i1";
  case ElementType::I1:
    return "b1";
  }
  return "";
}

static std::optional<ElementType> naturalType(const std::string &type) {
  for (ElementType element : {ElementType::F32, ElementType::F16, ElementType::I64, ElementType::I32, ElementType::I8,
                              ElementType::I1})
    if (type == npyType(element) || (type[0] == 'u' && npyType(element) == "i" + type.substr(1)))
      return element;
  return std::nullopt;
}

/// The file's elements are the tensor's bytes as they are.
static bool isSameStorage(const std::string &type, ElementType element) {
  if (element == ElementType::BF16)
    return type == "u2";
  return element != ElementType::I4 && naturalType(type) == element;
}

static Status convertElements(const std::string &type, const uint8_t *data, HostTensor &tensor) {
  int64_t count = tensor.count();
  if (tensor.element == ElementType::BF16 && type == "f4") {
    for (int64_t i = 0; i < count; ++i)
      storeElement(ElementType::BF16, tensor.bytes.data(), i, loadElement(ElementType::F32, data, i));
    return {};
  }
  if (tensor.element == ElementType::I4 && (type == "i1" || type == "u1")) {
    for (int64_t i = 0; i < count; ++i) {
      int value = type == "u1" ? data[i] : static_cast<int8_t>(data[i]);
      if (value < -8 || value > 15)
        return invalidArgument("element " + std::to_string(i) + " is " + std::to_string(value) +
                               ", which does not fit in i4");
      storeInteger(ElementType::I4, tensor.bytes.data(), i, value);
    }
    return {};
  }
  return invalidArgument("the file holds elements of type '" + type + "', which are not taken for " +
                         elementTypeName(tensor.element) + " (expected '" + npyType(tensor.element) + "')");
}

Expected<HostTensor> parseNpy(std::span<const uint8_t> file, std::optional<ElementType> element) {
  ASHLAR_ASSIGN_OR_RETURN(Header header, parseHeader(file));
  if (!element)
    element = naturalType(header.type);
  if (!element)
    return malformed("there is no element type for '" + header.type + "'");
  int64_t width = 0;
  auto [end, error] = std::from_chars(header.type.data() + 1, header.type.data() + header.type.size(), width);
  ASHLAR_ASSIGN_OR_RETURN(HostTensor tensor, HostTensor::zeros(*element, header.dims));
  int64_t needed = 0;
  if (error != std::errc() || width < 1 || __builtin_mul_overflow(tensor.count(), width, &needed))
    return malformed("its element type is '" + header.type + "'");
  std::span<const uint8_t> data = file.subspan(header.dataOffset);
  if (data.size() < static_cast<uint64_t>(needed))
    return malformed("it has " + std::to_string(data.size()) + " bytes of data, its shape needs " +
                     std::to_string(needed));
  if (isSameStorage(header.type, *element))
    tensor.bytes.assign(data.begin(), data.begin() + needed);
  else
    ASHLAR_RETURN_IF_ERROR(convertElements(header.type, data.data(), tensor));
  return tensor;
}

std::vector<uint8_t> formatNpy(const HostTensor &tensor) {
  std::string type = npyType(tensor.element), shape;
  for (int64_t dim : tensor.dims)
    shape += std::to_string(dim) + ", ";
  if (tensor.dims.size() > 1)
    shape.resize(shape.size() - 2);
  else if (!shape.empty())
    shape.pop_back();
  std::string header = std::string("{'descr': '") + (type.back() == '1' ? '|' : '<') + type +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The data starts at a multiple of 64.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::vector<uint8_t> file(magic, magic + 6);
  file.insert(file.end(), {1, 0, static_cast<uint8_t>(header.size() & 0xff), static_cast<uint8_t>(header.size() >> 8)});
  file.insert(file.end(), header.begin(), header.end());
  size_t start = file.size();
  int64_t count = tensor.count();
  switch (tensor.element) {
  case ElementType::BF16:
    file.resize(start + static_cast<size_t>(count) * 4);
    for (int64_t i = 0; i < count; ++i)
      storeElement(ElementType::F32, file.data() + start, i, loadElement(ElementType::BF16, tensor.bytes.data(), i));
    break;
  case ElementType::I4:
    for (int64_t i = 0; i < count; ++i)
      file.push_back(static_cast<uint8_t>(loadInteger(ElementType::I4, tensor.bytes.data(), i)));
    break;
  default:
    file.insert(file.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return file;
}

} // namespace ashlar::run
