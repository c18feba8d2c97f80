//===-- TensorSpec.cpp - tensors on the command line ----------------------===//
//
// Splits a specification into type and source, and reads the source.
//
//===----------------------------------------------------------------------===//

#include "TensorSpec.h"
#include "Npy.h"

#include "ashlar/Support/FileIO.h"
#include "ashlar/Support/Random.h"

#include <charconv>
#include <cstdio>
#include <fstream>

namespace ashlar::run {

using package::Function;
using package::TensorType;

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

//===----------------------------------------------------------------------===//
// Element lists
//===----------------------------------------------------------------------===//

static Status storeNumber(HostTensor &tensor, int64_t index, const std::string &text) {
  if (isFloat(tensor.element)) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data() + (text[0] == '+'), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      return invalidArgument("'" + text + "' is no number");
    storeElement(tensor.element, tensor.bytes.data(), index, value);
    return {};
  }
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data() + (text[0] == '+'), text.data() + text.size(), value);
  if (tensor.element == ElementType::I1 && (text == "true" || text == "false"))
    value = text == "true";
  else if (error != std::errc() || end != text.data() + text.size())
    return invalidArgument("'" + text + "' is no integer");
  int bits = tensor.element == ElementType::I1 ? 1 : static_cast<int>(storageBits(tensor.element));
  // Signed and unsigned readings of the width are both welcome.
  bool fits =
      bits == 64 || (value < int64_t{1} << bits && value >= (bits == 1 ? 0 : -(int64_t{1} << (bits - 1))));
  if (!fits)
    return invalidArgument("'" + text + "' does not fit in " + elementTypeName(tensor.element));
  storeInteger(tensor.element, tensor.bytes.data(), index, value);
  return {};
}

/// Splits at commas, blanks and brackets; whether brackets pair up is all that is asked of them.
static Expected<std::vector<std::string>> splitNumbers(const std::string &text) {
  std::vector<std::string> words(1);
  int depth = 0;
  for (char c : text) {
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (depth < 0)
      return invalidArgument("brackets do not pair up in '" + text + "'");
    bool separates = c == ',' || c == ' ' || c == '[' || c == ']' || c == '\n' || c == '\t';
    if (!separates)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (depth != 0)
    return invalidArgument("brackets do not pair up in '" + text + "'");
  if (words.back().empty())
    words.pop_back();
  return words;
}

static Status readNumbers(const std::string &text, HostTensor &tensor) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<std::string> words, splitNumbers(text));
  int64_t count = tensor.count();
  bool isSplat = words.size() == 1 && text.find('[') == std::string::npos;
  if (!isSplat && static_cast<int64_t>(words.size()) != count)
    return invalidArgument(std::to_string(words.size()) + " elements are given, " +
                           shapeText(tensor.element, tensor.dims) + " has " + std::to_string(count));
  for (int64_t i = 0; i < count; ++i)
    ASHLAR_RETURN_IF_ERROR(storeNumber(tensor, i, words[isSplat ? 0 : static_cast<size_t>(i)]));
  // A splat of an empty tensor still has to be a number.
  if (isSplat && count == 0) {
    HostTensor one = *HostTensor::zeros(tensor.element, {1});
    return storeNumber(one, 0, words[0]);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

static Status readRandom(const std::string &text, HostTensor &tensor) {
  uint64_t seed = 0;
  double scale = 1;
  const char *begin = text.data(), *last = text.data() + text.size();
  auto [end, error] = std::from_chars(begin, last, seed);
  bool valid = error == std::errc();
  if (valid && end != last) {
    auto [scaleEnd, scaleError] = std::from_chars(end + 1, last, scale);
    valid = *end == '*' && scaleError == std::errc() && scaleEnd == last && isFloat(tensor.element);
  }
  if (!valid)
    return invalidArgument("'@random:" + text +
                           "': expected a seed, as in @random:7, for floats also @random:7*0.5");
  fillRandom(tensor.element, seed, tensor.bytes.data(), tensor.count(), scale);
  return {};
}

static Status readRandomBits(const std::string &text, HostTensor &tensor) {
  uint64_t seed = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size() || isFloat(tensor.element))
    return invalidArgument("'@bits:" + text + "': expected a seed, as in @bits:7, for a tensor of integers");
  fillRandomBits(tensor.element, seed, tensor.bytes.data(), tensor.count());
  return {};
}

static Status readRaw(const std::string &path, HostTensor &tensor) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, readFile(path));
  if (bytes.size() != tensor.bytes.size())
    return invalidArgument("'" + path + "' has " + std::to_string(bytes.size()) + " bytes, " +
                           shapeText(tensor.element, tensor.dims) + " needs " +
                           std::to_string(tensor.bytes.size()));
  tensor.bytes = std::move(bytes);
  return {};
}

/// Reads `source` into `tensor`, whose type is known.
static Status readSource(const std::string &source, HostTensor &tensor) {
  if (source.empty())
    return invalidArgument("a value is missing after '='");
  if (source[0] != '@')
    return readNumbers(source, tensor);
  if (source.rfind("@random:", 0) == 0)
    return readRandom(source.substr(8), tensor);
  if (source.rfind("@bits:", 0) == 0)
    return readRandomBits(source.substr(6), tensor);
  std::string path = source.substr(1);
  if (!endsWith(path, ".npy"))
    return readRaw(path, tensor);
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> file, readFile(path));
  Expected<HostTensor> array = parseNpy(file, tensor.element);
  if (!array)
    return array.status().withContext("'" + path + "'");
  if (array->dims != tensor.dims)
    return invalidArgument("'" + path + "' holds " + shapeText(array->element, array->dims) + ", not " +
                           shapeText(tensor.element, tensor.dims));
  tensor = *std::move(array);
  return {};
}

/// A tensor of the function's static type, for specifications without a type.
static Expected<HostTensor> makeOfType(const Function &function, const TensorType &type) {
  if (type.isDynamic())
    return invalidArgument("the type " + typeText(function, type) +
                           " has sizes of your choice; write them, as in " + "2x3xf16=…");
  return HostTensor::zeros(type.element, type.resolve({}));
}

static Status checkType(const HostTensor &tensor, const Function &function, const TensorType &type) {
  bool fits = tensor.element == type.element && tensor.dims.size() == type.dims.size();
  for (size_t i = 0; fits && i < type.dims.size(); ++i)
    fits = type.dims[i].symbol || type.dims[i].size == tensor.dims[i];
  if (!fits)
    return invalidArgument("the tensor is " + shapeText(tensor.element, tensor.dims) +
                           ", the function's type is " + typeText(function, type));
  return {};
}

static Expected<HostTensor> readSpec(const std::string &spec, const Function &function,
                                     const TensorType &type) {
  size_t equal = spec.find('=');
  if (!spec.empty() && spec[0] == '@' && endsWith(spec, ".npy")) {
    ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> file, readFile(spec.substr(1)));
    return parseNpy(file, type.element);
  }
  bool startsWithType = equal != std::string::npos && spec[0] != '@';
  if (startsWithType) {
    ASHLAR_ASSIGN_OR_RETURN(HostTensor tensor, parseShape(spec.substr(0, equal)));
    // Before the source is read: a wrong type explains a wrong file size.
    ASHLAR_RETURN_IF_ERROR(checkType(tensor, function, type));
    ASHLAR_RETURN_IF_ERROR(readSource(spec.substr(equal + 1), tensor));
    return tensor;
  }
  if (Expected<HostTensor> zeros = parseShape(spec); zeros)
    return zeros;
  ASHLAR_ASSIGN_OR_RETURN(HostTensor tensor, makeOfType(function, type));
  ASHLAR_RETURN_IF_ERROR(readSource(spec, tensor));
  return tensor;
}

Expected<HostTensor> parseTensorSpec(const std::string &spec, const Function &function,
                                     const TensorType &type) {
  Expected<HostTensor> tensor = readSpec(spec, function, type);
  Status status = tensor ? checkType(*tensor, function, type) : tensor.status();
  if (!status.ok())
    return status.withContext("'" + spec.substr(0, 80) + (spec.size() > 80 ? "…" : "") + "'");
  return tensor;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

Status writeTensor(const std::string &destination, const std::string &name, const HostTensor &tensor,
                   int64_t maxElements) {
  if (destination == "-") {
    std::printf("%s: %s\n", name.c_str(), tensorText(tensor, maxElements).c_str());
    return {};
  }
  if (destination.size() < 2 || (destination[0] != '@' && destination[0] != '+'))
    return invalidArgument("'" + destination +
                           "': an output goes to -, @file.npy, @file.bin, +file.npy or +file.bin");
  std::string path = destination.substr(1);
  std::vector<uint8_t> bytes = endsWith(path, ".npy") ? formatNpy(tensor) : tensor.bytes;
  if (destination[0] == '@')
    return writeFile(path, bytes);
  std::ofstream stream(path, std::ios::binary | std::ios::app);
  stream.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  return stream ? Status() : Status(StatusCode::InputOutput, "cannot append to '" + path + "'");
}

} // namespace ashlar::run
