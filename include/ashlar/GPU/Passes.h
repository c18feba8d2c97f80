//===-- Passes.h - Passes on one thread's program ---------------*- C++ -*-===//
//
// Creation and registration of the passes declared in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPU_PASSES_H
#define ASHLAR_GPU_PASSES_H

#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

/// Attribute of a `gpu.module` or `gpu.func`: the width of `index` on the device, an integer 32 or 64.
inline constexpr llvm::StringLiteral indexBitwidthAttrName = "ashlar.index_bitwidth";

/// Index arithmetic of 32 bits is right for tensors of at most so many elements: what a tile reaches beyond
/// the last element must not wrap around.
inline constexpr int64_t maxElements32Bit = (int64_t(1) << 31) - (int64_t(1) << 24);

/// Attribute of a kernel, an array: its last arguments (`!llvm.ptr`) are tensor maps, made by whoever
/// launches the kernel, behind its buffers and runtime dimensions. One dictionary for each, dimensions
/// innermost first:
///   buffer   i64: the argument whose memory it describes
///   element  type
///   extents  affine_map<()[d...] -> (...)>: elements along each of its 1 to 5 dimensions, in the kernel's
///            runtime dimensions, as its grid
///   strides  the same with one result less: bytes from element to element, from the second dimension on;
///            multiples of 16
///   offset   i64: bytes from the buffer's start to the first element; a multiple of 16
///   box      array of i64: elements that one copy moves, at most 256 along each dimension
///   swizzle  i64: 0, 32, 64 or 128, the bytes within which 16-byte chunks are permuted in shared memory
///   element_strides  optional, array of i64, 1 to 8: every how many-th element of the box is copied
///   im2col   optional, a dictionary in place of the box: the dimensions are a convolution's channels, width,
///            height, depth and images as far as it has them, and one copy moves `channels` (i64, at most
///            256) elements at each of `pixels` (i64, at most 1024) positions. `lower` and `upper` (arrays of
///            i64 along the spatial dimensions) say where a window's anchor starts, and what is added to the
///            extent for where it ends.
/// Elements outside of the extents read as zero and are not written. (PTX ISA, "Tensors"; CUDA Driver API,
/// cuTensorMapEncodeTiled.)
inline constexpr llvm::StringLiteral tensorMapsAttrName = "ashlar.tensor_maps";
/// What the driver makes of a map, as the kernel's parameter.
inline constexpr int64_t tensorMapBytes = 128;

/// Attribute of a kernel, an i64: it strides over the tiles of its grid by gridDim.x, so no more blocks along
/// x are launched than the device's multiprocessors times this (in whole clusters, at least one).
inline constexpr llvm::StringLiteral persistentGridAttrName = "ashlar.persistent_grid";

/// Attribute of a kernel, a unit: it may start before the kernel ahead of it has ended, and executes
/// `nvvm.griddepcontrol wait` before it reads or writes what another kernel may touch.
inline constexpr llvm::StringLiteral programmaticLaunchAttrName = "ashlar.programmatic_launch";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/GPU/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_GPU_PASSES_H
