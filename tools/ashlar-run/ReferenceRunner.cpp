//===-- ReferenceRunner.cpp - the reference functions of a package --------===//
//
// Builds descriptors around host tensors. Four-bit elements take a byte each inside the reference.
//
//===----------------------------------------------------------------------===//

#include "ReferenceRunner.h"

#include "ashlar/Support/SharedObject.h"

namespace ashlar::run {

namespace {
/// A memref descriptor: three words of header, then sizes, then strides.
class Descriptor {
public:
  Descriptor(void *data, const std::vector<int64_t> &dims) : words(3 + 2 * dims.size()) {
    words[0] = words[1] = reinterpret_cast<int64_t>(data);
    int64_t stride = 1;
    for (size_t axis = dims.size(); axis-- > 0;) {
      words[3 + axis] = dims[axis];
      words[3 + dims.size() + axis] = stride;
      stride *= dims[axis];
    }
  }
  const void *address() const { return words.data(); }

private:
  std::vector<int64_t> words;
};
} // namespace

/// The bytes the reference works on.
static std::vector<uint8_t> unpackedBytes(const HostTensor &tensor) {
  if (tensor.element == ElementType::I4)
    return unpackNibbles(tensor.bytes, static_cast<size_t>(tensor.count()));
  return tensor.bytes;
}

Status runReference(const package::PackageReader &package, const package::Function &function,
                    const std::vector<HostTensor> &inputs, std::vector<HostTensor> &outputs) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> image, package.reference());
  ASHLAR_ASSIGN_OR_RETURN(SharedObject object, SharedObject::load(image, package::referenceEntry));
  auto entry = reinterpret_cast<void (*)(const void *const *)>(object.symbol(function.name));
  if (!entry)
    return invalidPackage(std::string(package::referenceEntry) + " has no function '" + function.name + "'");
  std::vector<std::vector<uint8_t>> storage;
  std::vector<Descriptor> descriptors;
  std::vector<const void *> arguments;
  for (const std::vector<HostTensor> *tensors : {&inputs, static_cast<const std::vector<HostTensor> *>(&outputs)})
    for (const HostTensor &tensor : *tensors) {
      storage.push_back(unpackedBytes(tensor));
      descriptors.emplace_back(storage.back().data(), tensor.dims);
      arguments.push_back(descriptors.back().address());
    }
  entry(arguments.data());
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::vector<uint8_t> &result = storage[inputs.size() + i];
    outputs[i].bytes = outputs[i].element == ElementType::I4 ? packNibbles(result) : std::move(result);
  }
  return {};
}

} // namespace ashlar::run
