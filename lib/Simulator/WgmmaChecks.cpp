//===-- WgmmaChecks.cpp - What a product needs of registers and shared memory ---===//
//
// Fences of registers, descriptors, and the reads of shared memory from issue to the wait that retires a
// product. Lane 0 of a warp stands for the warp: what it may read, its wgmma may.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include "Wgmma.h"
#include <algorithm>

namespace ashlar::simulator {

void WarpGroup::check() {
  const WgmmaShape shape(meeting.variant);
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
    bool isFenced = (meeting.accumulate ? fences.contain(accumulators) : fences.hasFence()) ||
                    isChain(t, accumulators);
    if (isFenced && (!shape.aIsInRegisters() || fences.contain(a)))
      continue;
    block.report(ReportKind::WgmmaMissingFence, *block.threads[firstWarp * warpLanes + t], meeting.site, 0, 0);
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
  const Thread &first = *block.threads[firstWarp * warpLanes];
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
    readers[w] = uint16_t((firstWarp + w) * warpLanes);
  visitChunks(operand, isA, sharedBytes, [&](uint32_t offset, uint32_t warp) {
    std::span<const uint16_t> those = warp < 4 ? std::span(readers).subspan(warp, 1) : std::span(readers);
    block.shadow.beginAsyncRead(those, offset, operandChunkBytes, meeting.site);
  });
}

template <typename Visit>
void WarpGroup::visitReads(const WgmmaCall &call, Visit visit) const {
  const WgmmaShape shape(call.variant);
  const uint32_t sharedBytes = block.launch->shape.sharedBytes;
  if (!shape.aIsInRegisters())
    visitChunks({MatrixDescriptor(call.a), shape.aIsTransposed(), groupRows}, true, sharedBytes, visit);
  visitChunks({MatrixDescriptor(call.b), shape.bIsTransposed(), shape.columns}, false, sharedBytes, visit);
}

// The reads of a retired product are marked as those of the first thread of the group, under a stamp of their
// own. Who has waited knows of that stamp, and so of all that the first thread did before: a race with what it
// did between product and wait may go unseen.

void WarpGroup::openReads() { block.ordering.advance(firstWarp * warpLanes); }

void WarpGroup::endReads(const Product &product) {
  visitReads(product.call, [&](uint32_t offset, uint32_t) {
    block.shadow.endAsyncRead(firstWarp * warpLanes, offset, operandChunkBytes, product.call.site);
  });
}

void WarpGroup::closeReads(uint64_t end) {
  readStamps.push_back({end, block.ordering.advance(firstWarp * warpLanes)});
}

void WarpGroup::learnOfReads(const Thread &thread) {
  uint64_t end = threads[indexOf(thread)].retired;
  auto last = std::find_if(readStamps.rbegin(), readStamps.rend(),
                           [&](const auto &entry) { return entry.first <= end; });
  if (last != readStamps.rend())
    block.ordering.learn(thread.index, firstWarp * warpLanes, last->second);
}

} // namespace ashlar::simulator
