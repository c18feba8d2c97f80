//===-- Npy.h - NumPy's array files -----------------------------*- C++ -*-===//
//
// Reads and writes .npy files (format versions 1 to 3, C order). NumPy lacks some of the element types; they map so:
//   bf16   written as float32 (exact); read from float32 (rounded) or uint16 (the bits)
//   i4     written as int8; read from int8 and uint8 with values -8..15
//   i1     bool
//   i8, i32, i64 are also read from the unsigned type of their width
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_NPY_H
#define ASHLAR_TOOLS_ASHLAR_RUN_NPY_H

#include "HostTensor.h"

#include <optional>
#include <span>

namespace ashlar::run {

/// The array as a tensor of `element`, or of the type that corresponds to the file's when that is absent.
Expected<HostTensor> parseNpy(std::span<const uint8_t> file, std::optional<ElementType> element);
std::vector<uint8_t> formatNpy(const HostTensor &tensor);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_NPY_H
