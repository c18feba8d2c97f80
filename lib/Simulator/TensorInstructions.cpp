//===-- TensorInstructions.cpp - Copies by tensor maps --------------------===//
//
// Checks and counts a copy when it is issued, and lets it happen then or late.
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"
#include "HopperInstructions.h"
#include "WarpInstructions.h"
#include <algorithm>
#include <cstring>

namespace ashlar::simulator {

//===-- Common to loads and stores ----------------------------------------===//

static bool reportMap(Thread &thread, uint32_t site, std::string detail) {
  Finding finding = thread.block->finding(ReportKind::InvalidTensorMap, thread, site);
  finding.detail = std::move(detail);
  thread.block->findings.add(finding);
  return false;
}

/// What the instruction names; false, with a report, where the map does not allow it.
static bool decodeBox(Thread &thread, const void *map, const int32_t *coordinates, uint32_t flags,
                      uint32_t site, TensorBox &box) {
  box.map = static_cast<const TensorMap *>(map);
  if (Status status = checkTensorMap(*box.map); !status.ok())
    return reportMap(thread, site, status.message());
  uint32_t rank = flags & ASHLAR_TENSOR_RANK_MASK;
  if (rank != box.map->rank)
    return reportMap(thread, site,
                     std::to_string(rank) + " coordinates for a map of rank " +
                         std::to_string(box.map->rank));
  bool isIm2col = flags & ASHLAR_TENSOR_IM2COL;
  if (isIm2col != (box.map->mode == TensorMapMode::Im2col))
    return reportMap(thread, site,
                     isIm2col ? "im2col mode with a tiled map" : "tiled mode with an im2col map");
  std::copy_n(coordinates, rank, box.coordinates.begin());
  if (isIm2col)
    std::copy_n(coordinates + rank, rank - 2, box.offsets.begin());
  return true;
}

/// Whether the box fits the shared memory at the offset and is aligned, with a report if not.
static bool admitShared(Thread &thread, const TensorMap &map, int64_t offset, uint32_t site) {
  Block &block = *thread.block;
  uint32_t span = boxSpan(map);
  if (offset < 0 || offset + span > block.launch->shape.sharedBytes) {
    block.report(ReportKind::OutOfBoundsShared, thread, site, offset, span);
    return false;
  }
  if (offset % boxAlignment) {
    block.report(ReportKind::Misaligned, thread, site, offset, span);
    return false;
  }
  return true;
}

/// Counts the global side, and checks that all of it may be accessed.
static bool admitGlobal(Thread &thread, const TensorBox &box, bool isWrite, uint32_t site) {
  constexpr uint64_t sectorBytes = 32;
  Block &block = *thread.block;
  uint64_t bytes = 0, sectors = 0, nextSector = 0;
  bool isAllowed = true;
  size_t hint = 0;
  forEachRow(box, [&](const BoxRow &row) {
    if (!row.bytes)
      return;
    uint64_t first = row.address / sectorBytes, end = (row.address + row.bytes - 1) / sectorBytes + 1;
    bytes += row.bytes;
    sectors += end - (first + 1 == nextSector ? nextSector : first);
    nextSector = end;
    if (!block.checks || !isAllowed)
      return;
    const RangeSet::Range *range = block.launch->ranges.find(row.address, row.bytes, hint);
    if (!range || (isWrite && !range->writable)) {
      int64_t offset = int64_t(row.address - block.launch->ranges.nearestBelow(row.address));
      block.report(ReportKind::OutOfBoundsGlobal, thread, site, offset, row.bytes);
      isAllowed = false;
    }
  });
  if (block.counters)
    block.recorder.addBulk(isWrite ? AccessClass::GlobalWrite : AccessClass::GlobalRead, bytes, sectors,
                           site);
  return isAllowed;
}

//===-- Loads -------------------------------------------------------------===//

namespace {
/// A box on its way into the shared memory of one block.
struct TensorLoad {
  TensorBox box;
  Block *destination;
  uint32_t offset, barrierOffset, party, site;
  /// The global memory may be read; zeros otherwise.
  bool isReadable;
};
} // namespace

static void complete(const TensorLoad &load) {
  Block &block = *load.destination;
  const TensorMap &map = *load.box.map;
  if (load.isReadable)
    loadBox(load.box, block.shared, load.offset);
  else
    std::memset(block.shared + load.offset, 0, boxSpan(map));
  MemoryBarrier *barrier = block.memoryBarriers.find(load.barrierOffset);
  if (!barrier)
    return;
  // The stamp first: completing the copy may complete the phase.
  uint32_t stamp = block.memoryBarriers.stampCopy(*barrier, load.party, load.site);
  if (block.checks)
    block.shadow.endAsyncWrite({load.party, load.offset, boxSpan(map), load.site}, barrier->agent, stamp);
  block.memoryBarriers.completeBytes(*barrier, uint32_t(tensorMapBoxBytes(map)));
}

/// Starts the copy into one block.
static void start(Thread &thread, const TensorLoad &load) {
  Block &block = *load.destination;
  if (!admitShared(thread, *load.box.map, load.offset, load.site))
    return;
  block.checkIsRunning(thread, load.site);
  block.memoryBarriers.admitCopy(thread, load.barrierOffset, load.site);
  uint32_t span = boxSpan(*load.box.map);
  if (block.memoryBarriers.covers(load.offset, span))
    block.memoryBarriers.reportOverwrite(thread, load.offset, load.site);
  if (block.checks)
    block.shadow.beginAsyncWrite({load.party, load.offset, span, load.site});
  if (block.counters)
    thread.block->recorder.addBulk(AccessClass::SharedWrite, tensorMapBoxBytes(*load.box.map), 0, load.site);
  if (!block.isLatest)
    return complete(load);
  std::memset(block.shared + load.offset, poisonByte, span);
  block.cluster.completeLate([load] { complete(load); });
}

static void tensorLoad(AshlarSimulatorThread *self, void *destination, const void *map,
                       const int32_t *coordinates, uint32_t flags, void *barrier, uint32_t multicast,
                       uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::TensorLoad);
  Block &block = *thread.block;
  TensorLoad load{{}, block.cluster.blockOf(destination), 0, 0, thread.party, site, true};
  Block *barrierHolder = block.cluster.blockOf(barrier);
  if (!decodeBox(thread, map, coordinates, flags, site, load.box))
    return;
  if (!load.destination || !barrierHolder)
    return block.report(ReportKind::OutOfBoundsShared, thread, site,
                        static_cast<char *>(destination) - block.shared, boxSpan(*load.box.map));
  load.offset = load.destination->sharedOffset(destination);
  load.barrierOffset = barrierHolder->sharedOffset(barrier);
  load.isReadable = admitGlobal(thread, load.box, false, site);
  if (!multicast)
    return start(thread, load);
  for (uint32_t rank = 0; multicast >> rank; ++rank) {
    if (!(multicast >> rank & 1))
      continue;
    if (rank >= thread.clusterSize) {
      Finding finding = block.finding(ReportKind::OutOfBoundsShared, thread, site);
      finding.detail = "the cluster has no block " + std::to_string(rank);
      block.findings.add(finding);
      return;
    }
    load.destination = block.cluster.blocks[rank].get();
    start(thread, load);
  }
}

//===-- Stores ------------------------------------------------------------===//

static void tensorStore(AshlarSimulatorThread *self, const void *source, const void *map,
                        const int32_t *coordinates, uint32_t flags, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::TensorStore);
  Block &block = *thread.block;
  BulkStore store{{}, 0, site, (flags & ASHLAR_TENSOR_REDUCE_ADD) != 0};
  int64_t offset = static_cast<const char *>(source) - block.shared;
  if (!decodeBox(thread, map, coordinates, flags, site, store.box) ||
      !admitShared(thread, *store.box.map, offset, site) || !admitGlobal(thread, store.box, true, site))
    return;
  store.offset = uint32_t(offset);
  if (block.counters)
    block.recorder.addBulk(AccessClass::SharedRead, tensorMapBoxBytes(*store.box.map), 0, site);
  thread.stores.issue(block, thread, std::move(store));
}

static void tensorPrefetch(AshlarSimulatorThread *self, const void *map, uint32_t site) {
  if (Status status = checkTensorMap(*static_cast<const TensorMap *>(map)); !status.ok())
    reportMap(threadOf(self), site, status.message());
}

static void bulkCommit(AshlarSimulatorThread *self) { threadOf(self).stores.commit(); }

static void bulkWait(AshlarSimulatorThread *self, uint32_t pending, uint32_t isRead, uint32_t) {
  Thread &thread = threadOf(self);
  thread.stores.wait(*thread.block, thread, pending, isRead);
}

void addTensorInstructions(AshlarSimulatorApi &table) {
  table.tensorLoad = tensorLoad;
  table.tensorStore = tensorStore;
  table.tensorPrefetch = tensorPrefetch;
  table.bulkCommit = bulkCommit;
  table.bulkWait = bulkWait;
}

} // namespace ashlar::simulator
