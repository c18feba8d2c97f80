//===-- WgmmaChecks.cpp - What a product needs of registers and shared memory ---===//
//
// Fences of registers, descriptors, and the reads of shared memory: at issue the warp group lends the
// operands to its agent (Ordering.h), of whose reading those know who have waited for the product, and whom
// they tell. Lane 0 of a warp stands for the warp: what it may read, its wgmma may.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Wgmma.h"
#include <algorithm>

namespace ashlar::simulator {

uint32_t WarpGroup::agent() const {
  return block.ordering.agent(block.rank, firstProductAgent + firstWarp * warpLanes / groupThreads);
}

void WarpGroup::check() {
  const WgmmaShape shape(meeting.variant);
  checkFences();
  block.ordering.setPrincipal(agent(), block.threadAt(firstWarp * warpLanes).party);
  lastRead = block.ordering.agentStamp();
  if (!shape.aIsInRegisters())
    checkOperand({MatrixDescriptor(meeting.a), shape.aIsTransposed(), groupRows}, true);
  checkOperand({MatrixDescriptor(meeting.b), shape.bIsTransposed(), shape.columns}, false);
}

//===-- Fences ------------------------------------------------------------===//

/// Whether the words are the results of one earlier product of the same shape, as it left them: placeholders
/// or, after a wait or where there are none, values.
bool WarpGroup::isChain(uint32_t thread, std::span<const uint32_t> words) const {
  return std::any_of(products.rbegin(), products.rend(), [&](const std::unique_ptr<Product> &product) {
    if (product->shape().accumulators() != words.size())
      return false;
    return product->leaves(words) ||
           (product->isComputed && std::ranges::equal(product->resultsOf(thread), words));
  });
}

void WarpGroup::checkFences() {
  const WgmmaShape shape(meeting.variant);
  for (uint32_t t = 0; t < groupThreads; ++t) {
    if (registers[t] == absentRegisters.data())
      continue;
    const WgmmaFences &fences = threads[t].fences;
    std::span<const uint32_t> accumulators(registers[t], shape.accumulators());
    std::span<const uint32_t> a(registers[t] + accumulators.size(), wgmmaRegistersOfA);
    bool isFenced =
        (meeting.accumulate ? fences.contain(accumulators) : fences.hasFence()) || isChain(t, accumulators);
    if (isFenced && (!shape.aIsInRegisters() || fences.contain(a)))
      continue;
    block.report(ReportKind::WgmmaMissingFence, block.threadAt(firstWarp * warpLanes + t), meeting.site, 0,
                 0);
    return;
  }
}

//===-- Shared memory -----------------------------------------------------===//

/// Calls `visit(offset, warp)` for the chunks inside shared memory; `warp` is the only one of the group that
/// reads the chunk, or 4 where all do.
template <typename Visit>
static void visitChunks(const MatrixOperand &operand, bool isA, uint32_t sharedBytes, Visit visit) {
  for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk)
    if (uint32_t offset = operand.chunkOffset(chunk); offset + operandChunkBytes <= sharedBytes)
      visit(offset, isA ? operand.firstIndex(chunk) / 16 : 4u);
}

void WarpGroup::checkOperand(const MatrixOperand &operand, bool isA) {
  const uint32_t sharedBytes = block.launch->shape.sharedBytes;
  const Thread &first = block.threadAt(firstWarp * warpLanes);
  if (!operand.descriptor.isAligned(operand.isTransposed))
    block.report(ReportKind::Misaligned, first, meeting.site, operand.descriptor.start(),
                 8 * operand.descriptor.swizzleBytes());
  for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk)
    if (uint32_t offset = operand.chunkOffset(chunk); offset + operandChunkBytes > sharedBytes) {
      block.report(ReportKind::OutOfBoundsShared, first, meeting.site, offset, operandChunkBytes);
      break;
    }
  std::array<uint16_t, 4> readers;
  for (uint32_t w = 0; w < readers.size(); ++w)
    readers[w] = uint16_t(first.party + w * warpLanes);
  visitChunks(operand, isA, sharedBytes, [&](uint32_t offset, uint32_t warp) {
    std::span<const uint16_t> those = warp < 4 ? std::span(readers).subspan(warp, 1) : std::span(readers);
    block.shadow.lendToAgent(those, {those.front(), offset, operandChunkBytes, meeting.site}, agent(),
                             lastRead);
  });
}

} // namespace ashlar::simulator
