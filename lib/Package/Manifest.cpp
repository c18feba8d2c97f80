//===-- Manifest.cpp - queries on the manifest's structs ------------------===//
//
// Sizes of tensors for given symbol values, and look-up by name.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Manifest.h"

namespace ashlar::package {

const char *imageKindName(ImageKind kind) {
  switch (kind) {
  case ImageKind::Ptx:
    return "ptx";
  case ImageKind::Cubin:
    return "cubin";
  case ImageKind::SharedObject:
    return "shared-object";
  }
  return "unknown";
}

std::vector<int64_t> TensorType::resolve(std::span<const int64_t> symbols) const {
  std::vector<int64_t> sizes;
  for (const Dim &dim : dims)
    sizes.push_back(dim.symbol ? symbols[*dim.symbol] : dim.size);
  return sizes;
}

Expected<int64_t> TensorType::byteSize(std::span<const int64_t> symbols) const {
  int64_t count = 1;
  for (const Dim &dim : dims)
    if (__builtin_mul_overflow(count, dim.symbol ? symbols[*dim.symbol] : dim.size, &count))
      return invalidArgument("the tensor's element count does not fit in 64 bits");
  return storageBytes(element, count);
}

bool TensorType::isDynamic() const {
  for (const Dim &dim : dims)
    if (dim.symbol)
      return true;
  return false;
}

const Plan &Function::planFor(std::string_view target) const {
  for (const TargetPlan &plan : targetPlans)
    if (plan.target == target)
      return plan;
  return *this;
}

std::optional<unsigned> Manifest::findFunction(std::string_view name) const {
  for (size_t i = 0; i < functions.size(); ++i)
    if (functions[i].name == name)
      return static_cast<unsigned>(i);
  return std::nullopt;
}

} // namespace ashlar::package
