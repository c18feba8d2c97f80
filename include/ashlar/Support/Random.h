//===-- Random.h - the same random tensors on every machine -----*- C++ -*-===//
//
// Test and benchmark data made from a seed. The generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", OOPSLA 2014): a counter in steps of 0x9e3779b97f4a7c15, mixed twice.
// Element i of a tensor depends on the seed and on i only, so a prefix of a longer tensor is the same and any
// part can be made on its own.
//
// Values by element type:
//   f32 f16 bf16   normal, mean 0, deviation 1: the sum of twelve uniform numbers of 16 bits, less 6 (exact
//   integer
//                  arithmetic before one division, so no libm is involved), cut at ±6
//   i8             uniform over -8..7        i32   uniform over -1000..1000
//   i64            uniform over -1000..1000  i4    uniform over -8..7 (its full range)      i1   0 or 1
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_RANDOM_H
#define ASHLAR_SUPPORT_RANDOM_H

#include "ashlar/Support/ElementType.h"

#include <cstdint>

namespace ashlar {

/// Number `index` of the sequence of `seed`.
uint64_t randomBits(uint64_t seed, uint64_t index);

/// Element `index` of the random tensor of `seed`, as the table above says, times `scale` for float types.
double randomElement(ElementType type, uint64_t seed, uint64_t index, double scale = 1.0);

/// Fills `count` elements at `bytes`, which must hold storageBytes(type, count).
void fillRandom(ElementType type, uint64_t seed, uint8_t *bytes, int64_t count, double scale = 1.0);

/// The same with integers of their whole range, every bit as likely 0 as 1; `type` is no float.
void fillRandomBits(ElementType type, uint64_t seed, uint8_t *bytes, int64_t count);

} // namespace ashlar

#endif // ASHLAR_SUPPORT_RANDOM_H
