//===-- HostTensor.h - a tensor in host memory ------------------*- C++ -*-===//
//
// What ashlar-run reads, passes in, gets back and compares. Bytes are laid out as ElementType.h says.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_HOSTTENSOR_H
#define ASHLAR_TOOLS_ASHLAR_RUN_HOSTTENSOR_H

#include "ashlar/Package/Manifest.h"
#include "ashlar/Support/ElementType.h"

#include <string>
#include <vector>

namespace ashlar::run {

struct HostTensor {
  ElementType element = ElementType::F32;
  std::vector<int64_t> dims;
  std::vector<uint8_t> bytes;

  /// Zeros. Fails when the size does not fit in memory's address range.
  static Expected<HostTensor> zeros(ElementType element, std::vector<int64_t> dims);
  int64_t count() const;
};

/// "2x3xf16", "f32" for a scalar.
std::string shapeText(ElementType element, const std::vector<int64_t> &dims);
/// The same for a function's type, symbols by name: "Mx64xf16".
std::string typeText(const package::Function &function, const package::TensorType &type);
/// Inverse of shapeText.
Expected<HostTensor> parseShape(const std::string &text);

/// A number as short as possible so that reading it back gives the same element.
std::string elementText(const HostTensor &tensor, int64_t index);
/// "2x2xf32=[[1 2][3 4]]", at most `maxElements` elements, then "...".
std::string tensorText(const HostTensor &tensor, int64_t maxElements);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_HOSTTENSOR_H
