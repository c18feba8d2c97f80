//===-- WgmmaChecks.cpp - What a product needs of registers and shared memory ---===//
//
// Fences of registers, descriptors, and the reads of shared memory from issue to the wait that retires a
// product. Lane 0 of a warp stands for the warp: what it may read, its wgmma may. The reads belong to an
// agent of the group (Ordering.h), of which a thread knows when it has waited.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Wgmma.h"
#include <algorithm>

namespace ashlar::simulator {

void WarpGroup::check() {
  const WgmmaShape shape(meeting.variant);
  readStamps.push_back(block.ordering.agentStamp());
  block.ordering.setPrincipal(agent(), block.threadAt(firstWarp * warpLanes).party);
  checkFences();
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
    block.report(ReportKind::WgmmaMissingFence, *block.threads[firstWarp * warpLanes + t], meeting.site, 0,
                 0);
    return;
  }
}

//===-- Shared memory -----------------------------------------------------===//

void WarpGroup::checkOperand(const MatrixOperand &operand, bool isA) {
  const uint32_t sharedBytes = block.launch->shape.sharedBytes;
  const Thread &first = *block.threads[firstWarp * warpLanes];
  if (!operand.descriptor.isAligned(operand.isTransposed))
    block.report(ReportKind::Misaligned, first, meeting.site, operand.descriptor.start(),
                 8 * operand.descriptor.swizzleBytes());
  for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk)
    if (uint32_t offset = operand.chunkOffset(chunk); offset + operandChunkBytes > sharedBytes) {
      block.report(ReportKind::OutOfBoundsShared, first, meeting.site, offset, operandChunkBytes);
      break;
    }
  std::array<uint32_t, 4> readers;
  for (uint32_t w = 0; w < readers.size(); ++w) { // a warp that is missing has been reported
    uint32_t warp = arrivedLanes[w] ? firstWarp + w : firstThread / warpLanes;
    readers[w] = block.threadAt(warp * warpLanes).party;
  }
  for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk) {
    uint32_t offset = operand.chunkOffset(chunk);
    if (offset + operandChunkBytes > sharedBytes)
      continue;
    // A warp reads its own rows of A and all of B.
    std::span<const uint32_t> those = readers;
    if (isA)
      those = those.subspan(operand.firstIndex(chunk) / 16, 1);
    block.shadow.lendToAgent(those, {those.front(), offset, operandChunkBytes, meeting.site}, agent(),
                             readStamps.back());
  }
}

uint32_t WarpGroup::agent() const {
  return block.ordering.agent(block.rank, firstGroupAgent + firstWarp * warpLanes / groupThreads);
}

void WarpGroup::learnOfReads(const Thread &thread) {
  block.ordering.learn(thread.party, agent(), readStamps[threads[indexOf(thread)].retired - 1]);
}

} // namespace ashlar::simulator
