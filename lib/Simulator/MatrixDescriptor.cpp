//===-- MatrixDescriptor.cpp - Matrices in shared memory, as wgmma sees them ---===//
//
// From the bits of a descriptor to addresses; the header has the formulas.
//
//===----------------------------------------------------------------------===//

#include "MatrixDescriptor.h"

namespace ashlar::simulator {

static constexpr uint32_t linesOfPattern = 8, swizzleRowBytes = 128, unitBits = 4, rowBits = 7;

static uint32_t field(uint64_t bits, uint32_t first, uint32_t count) {
  return uint32_t(bits >> first) & ((1u << count) - 1);
}

MatrixDescriptor::MatrixDescriptor(uint64_t bits)
    : address(field(bits, 0, 14) * 16), leading(field(bits, 16, 14) * 16), stride(field(bits, 32, 14) * 16),
      baseOffset(field(bits, 49, 3)) {
  constexpr uint32_t widths[] = {0, 128, 64, 32};
  swizzle = widths[field(bits, 62, 2)];
}

uint32_t MatrixDescriptor::offset(bool isTransposed, uint32_t line, uint32_t byte) const {
  const uint32_t pattern = line / linesOfPattern, within = line % linesOfPattern;
  if (!swizzle) {
    uint32_t alongLines = isTransposed ? leading : stride, alongBytes = isTransposed ? stride : leading;
    return address + within * operandChunkBytes + pattern * alongLines +
           byte / operandChunkBytes * alongBytes + byte % operandChunkBytes;
  }
  uint32_t at = address + within * swizzle + pattern * stride;
  at += isTransposed ? byte / swizzle * leading + byte % swizzle : byte;
  const uint32_t units = swizzle / operandChunkBytes;
  uint32_t phase = ((at >> rowBits) - baseOffset) & (units - 1);
  return at ^ phase << unitBits;
}

bool MatrixDescriptor::isAligned(bool isTransposed) const {
  if (!swizzle)
    return true;
  uint32_t inPattern = (address - baseOffset * swizzleRowBytes) % (linesOfPattern * swizzle);
  return inPattern < swizzle && (isTransposed || inPattern + operandLineBytes <= swizzle);
}

} // namespace ashlar::simulator
