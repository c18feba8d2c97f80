//===-- Fragments.h - The distributions that kernels use --------------------===//
//
// Few distributions are enough for matrix products, attention and convolution: the coalesced one that loads
// and stores global memory, the operand and accumulator fragments of the tensor cores, and an outer product
// for element types that the tensor cores lack.
//
// Tensor cores. A warp's mma.sync.m16n8kX takes A (16 x X), B (X x 8) and C (16 x 8) in fixed fragments:
// "Matrix fragments for mma.m16n8kX" in the PTX ISA. One 32-bit register holds 32/elementBits neighbours
// along K, so X is 256/elementBits: 8 for tf32, 16 for f16 and bf16, 32 for 8-bit integers. With p =
// 32/elementBits, one warp, one mma:
//
//     A (16 x 8p)   thread = [4:p@1, 8:1@0]   value = [p:1@1, 2:8@0, 2:4p@1]
//     B (8p x 8)    thread = [4:p@0, 8:1@1]   value = [p:1@0, 2:4p@0]
//     C (16 x 8)    thread = [4:2@1, 8:1@0]   value = [2:1@1, 2:8@0]
//
// A block has warpsM x warpsN warps: warp w is number w % warpsM along M and w / warpsM along N. Along M and
// along N a warp owns one contiguous part of the tile, made of whole mma atoms. All warps walk the whole of
// K, so A is replicated over the warps along N, and B over those along M. The registers of a thread run
// through one atom in the order of the PTX ISA, then through the atoms along M (or N, for B), then along K;
// for C along M, then along N. Register r of operand A thus belongs to atom r / (registers per atom), which
// is atom % atomsM along M and atom / atomsM along K.
//
// C and A of 16 bits agree thread by thread: the probabilities of attention become the next product's A
// operand by renaming registers (registerPermutation), if warpsN is 1.
//
// Every function returns nothing if a size is not positive or does not divide.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LAYOUT_FRAGMENTS_H
#define ASHLAR_LAYOUT_FRAGMENTS_H

#include "ashlar/Layout/Distribution.h"

namespace ashlar::layout {

/// Coalesced: consecutive threads take consecutive vectors of `vectorWidth` elements along `vectorDim` (the
/// dimension that is contiguous in memory), then along the other dimensions, the last first. Along a
/// dimension with n vectors, of the r threads still to place, gcd(n, r) take part; registers cover the rest
/// of the dimension, and threads left over after the last dimension hold copies (`replication()` tells).
/// Fails if `vectorWidth` does not divide dims[vectorDim].
std::optional<Distribution> blocked(std::span<const int64_t> dims, int64_t threads, int vectorDim,
                                    int64_t vectorWidth);

/// The widest power-of-two vector, at most `maxVectorWidth`, for which blocked() exists and replicates no
/// more than it does with single elements.
int64_t blockedVectorWidth(std::span<const int64_t> dims, int64_t threads, int vectorDim,
                           int64_t maxVectorWidth);

/// The K extent of one mma atom for operands of `elementBits` (8, 16, 32); nothing for other widths.
std::optional<int64_t> mmaDepth(int elementBits);

/// C or D of m16n8, 32-bit accumulators; tile M x N.
std::optional<Distribution> mmaAccumulator(int64_t m, int64_t n, int64_t warpsM, int64_t warpsN);
/// A of m16n8k8 (32-bit), m16n8k16 (16-bit) or m16n8k32 (8-bit), tile M x K.
std::optional<Distribution> mmaOperandA(int64_t m, int64_t k, int64_t warpsM, int64_t warpsN,
                                        int elementBits);
/// B of the same instructions, tile K x N: dimension 0 is K.
std::optional<Distribution> mmaOperandB(int64_t k, int64_t n, int64_t warpsM, int64_t warpsN,
                                        int elementBits);

/// C or D of wgmma.m64nN for `groups` warp groups, tile M x N: group g owns the M/groups rows from g*M/groups on,
/// in products of 64 rows; warp w of a group has rows 16w to 16w+15 of each. Registers run through one product's
/// columns, then through the products along M. ("Register Fragments for wgmma.mma_async.m64nNkX" in the PTX ISA.)
std::optional<Distribution> wgmmaAccumulator(int64_t m, int64_t n, int64_t groups);
/// A of the same in registers, tile M x K. For 16-bit elements it agrees with an accumulator of K columns.
std::optional<Distribution> wgmmaOperandA(int64_t m, int64_t k, int64_t groups, int elementBits);

/// The outer product without tensor cores. threadsN (fastest) x threadsM threads; each holds M/threadsM
/// neighbouring rows times N/threadsN columns. The columns come in vectors of 4, 2 or 1 (the widest that
/// divides), spread so that neighbouring threads hold neighbouring vectors. Registers run along N, then M.
std::optional<Distribution> simtAccumulator(int64_t m, int64_t n, int64_t threadsM, int64_t threadsN);
/// Its A, tile M x K: the thread's rows with all of K, replicated over threadsN. Registers run along K, then
/// M.
std::optional<Distribution> simtOperandA(int64_t m, int64_t k, int64_t threadsM, int64_t threadsN);
/// Its B, tile K x N: the thread's columns with all of K, replicated over threadsM. Registers run along N,
/// then K.
std::optional<Distribution> simtOperandB(int64_t k, int64_t n, int64_t threadsM, int64_t threadsN);

} // namespace ashlar::layout

#endif // ASHLAR_LAYOUT_FRAGMENTS_H
