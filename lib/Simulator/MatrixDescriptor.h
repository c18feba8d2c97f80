//===-- MatrixDescriptor.h - Matrices in shared memory, as wgmma sees them ---===//
//
// A wgmma operand in shared memory is named by 64 bits (PTX ISA, "Matrix Descriptor Format"):
//   bits 0-13   address / 16            bits 49-51  base offset
//   bits 16-29  leading byte offset / 16   bits 62-63  swizzle: 0 none, 1 of 128, 2 of 64, 3 of 32 bytes
//   bits 32-45  stride byte offset / 16
//
// The operand is a set of *lines*: rows along K (K-major; a line an index of M or N, 32 bytes long), or rows
// along M or N (MN-major, 16-bit elements; a line an index of K, two bytes an index of M or N). Eight lines
// by 16 bytes are a core matrix. With w the width of the swizzle, byte `b` of line `l` lies at
//   K-major,  no swizzle:  l % 8 * 16 + l / 8 * stride  + b / 16 * leading + b % 16
//   K-major,  swizzle w:   l % 8 * w  + l / 8 * stride  + b
//   MN-major, no swizzle:  l % 8 * 16 + l / 8 * leading + b / 16 * stride  + b % 16
//   MN-major, swizzle w:   l % 8 * w  + l / 8 * stride  + b / w * leading  + b % w
// from the address on (the canonical layouts in CUTLASS, cute/arch/mma_sm90_desc.hpp, say the same). The
// swizzle then exchanges 16-byte units within 128 bytes: bits of the *address* from 7 on, less the base
// offset, are added to the bits from 4 on modulo 2. Going on along K within a line of w bytes is therefore
// adding bytes to the address.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_MATRIXDESCRIPTOR_H
#define ASHLAR_LIB_SIMULATOR_MATRIXDESCRIPTOR_H

#include <cstdint>

namespace ashlar::simulator {

/// What shared memory gives a tensor core at once, and what a line of a K-major operand takes.
inline constexpr uint32_t operandChunkBytes = 16, operandLineBytes = 32;

class MatrixDescriptor {
public:
  explicit MatrixDescriptor(uint64_t bits);

  /// Offset in shared memory of a byte of a line.
  uint32_t offset(bool isTransposed, uint32_t line, uint32_t byte) const;
  /// Whether a swizzled operand begins in the first line of its pattern of eight, and 32 bytes of a K-major
  /// line do not leave it.
  bool isAligned(bool isTransposed) const;
  /// 0 where there is no swizzle.
  uint32_t swizzleBytes() const { return swizzle; }
  uint32_t start() const { return address; }

private:
  uint32_t address, leading, stride, baseOffset, swizzle;
};

/// One operand of `extent` indices of M or N. Chunks are numbered line after line.
struct MatrixOperand {
  MatrixDescriptor descriptor;
  bool isTransposed;
  uint32_t extent;

  uint32_t chunkCount() const { return extent * operandLineBytes / operandChunkBytes; }
  uint32_t chunkOffset(uint32_t chunk) const {
    uint32_t perLine = isTransposed ? extent / 8 : 2;
    return descriptor.offset(isTransposed, chunk / perLine, chunk % perLine * operandChunkBytes);
  }
  /// The first index of M or N that the chunk has elements of.
  uint32_t firstIndex(uint32_t chunk) const { return isTransposed ? chunk % (extent / 8) * 8 : chunk / 2; }
};

} // namespace ashlar::simulator

#endif
