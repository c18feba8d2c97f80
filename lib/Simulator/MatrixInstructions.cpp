//===-- MatrixInstructions.cpp - mma, ldmatrix and stmatrix ---------------===//
//
// A lane hands over where its registers and row addresses are and meets the others; the last to arrive
// executes the whole list for all of them.
//
//===----------------------------------------------------------------------===//

#include "WarpInstructions.h"
#include <cstring>

namespace ashlar::simulator {

static void finishMma(Block &block, Warp &warp, const WarpMeeting &meeting) {
  auto *list = reinterpret_cast<const AshlarSimulatorMma *>(meeting.parameter);
  computeMma(list, meeting.count, warp.registers.data(), block.mmaWorkspace, block.isExact);
}

void mma(AshlarSimulatorThread *self, const AshlarSimulatorMma *list, uint32_t count, uint32_t *registers) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Mma, count);
  Block &block = *thread.block;
  block.warpOf(thread).registers[thread.lane] = registers;
  block.meet(thread, ~0u, finishMma, reinterpret_cast<uint64_t>(list), list->site, true, count);
}

static constexpr uint32_t matrixRows = 8, matrixRowBytes = 16;

/// Counts the traffic of a matrix load or store of these rows.
static void countRows(Block &block, std::span<char *const> rows, AccessClass accessClass, uint32_t site) {
  if (!block.counters)
    return;
  std::array<uint64_t, warpLanes> offsets;
  for (size_t row = 0; row < rows.size(); ++row)
    offsets[row] = block.sharedOffset(rows[row]);
  block.recorder.addRows(offsets.data(), uint32_t(rows.size()), accessClass, site);
}

/// The address of this lane's row, checked; lanes beyond the last row have none.
static char *checkRow(Thread &thread, void *row, uint32_t flags, uint32_t access, uint32_t site) {
  constexpr uint32_t alignment = 4u << ASHLAR_ACCESS_ALIGNMENT_SHIFT;
  bool isUsed = thread.lane < (flags & ASHLAR_MATRIX_COUNT_MASK) * matrixRows;
  if (!isUsed || thread.block->accessShared(thread, row, matrixRowBytes, access | alignment, site, false))
    return static_cast<char *>(row);
  return thread.block->sink();
}

static void loadOneMatrix(char *const *rows, bool isTransposed,
                          std::span<uint32_t *const, warpLanes> registers, uint32_t word) {
  for (uint32_t lane = 0; lane < warpLanes; ++lane) {
    uint32_t g = lane / 4, t = lane % 4;
    if (!isTransposed) {
      std::memcpy(&registers[lane][word], rows[g] + 4 * t, 4);
      continue;
    }
    uint16_t low, high;
    std::memcpy(&low, rows[2 * t] + 2 * g, 2);
    std::memcpy(&high, rows[2 * t + 1] + 2 * g, 2);
    registers[lane][word] = low | uint32_t(high) << 16;
  }
}

static void finishLoadMatrix(Block &block, Warp &warp, const WarpMeeting &meeting) {
  auto *list = reinterpret_cast<const AshlarSimulatorMatrixLoad *>(meeting.parameter);
  for (uint32_t i = 0; i < meeting.count; ++i) {
    const uint32_t matrices = list[i].flags & ASHLAR_MATRIX_COUNT_MASK;
    std::array<char *, warpLanes> rows;
    for (uint32_t lane = 0; lane < matrices * matrixRows; ++lane)
      rows[lane] = static_cast<char *>(const_cast<void *>(warp.rowLists[lane][i]));
    countRows(block, std::span(rows).first(matrices * matrixRows), AccessClass::SharedRead, list[i].site);
    for (uint32_t matrix = 0; matrix < matrices; ++matrix)
      loadOneMatrix(&rows[matrix * matrixRows], list[i].flags & ASHLAR_MATRIX_TRANSPOSED, warp.registers,
                    list[i].result + matrix);
  }
}

void loadMatrix(AshlarSimulatorThread *self, const AshlarSimulatorMatrixLoad *list, uint32_t count,
                const void *const *rows, uint32_t *registers) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::LoadMatrix, count);
  Block &block = *thread.block;
  Warp &warp = block.warpOf(thread);
  if (block.checks) {
    // The list is the thread's own: out-of-bounds rows are replaced in it.
    auto *own = const_cast<const void **>(rows);
    for (uint32_t i = 0; i < count; ++i)
      own[i] = checkRow(thread, const_cast<void *>(rows[i]), list[i].flags, ASHLAR_ACCESS_READ, list[i].site);
  }
  warp.rowLists[thread.lane] = rows;
  warp.registers[thread.lane] = registers;
  block.meet(thread, ~0u, finishLoadMatrix, reinterpret_cast<uint64_t>(list), list->site, true, count);
}

static void finishStoreMatrix(Block &block, Warp &warp, const WarpMeeting &meeting) {
  const uint32_t flags = uint32_t(meeting.parameter), matrices = flags & ASHLAR_MATRIX_COUNT_MASK;
  countRows(block, std::span(warp.pointers).first(matrices * matrixRows), AccessClass::SharedWrite,
            meeting.site);
  for (uint32_t matrix = 0; matrix < matrices; ++matrix) {
    char *const *rows = warp.pointers.data() + matrix * matrixRows;
    for (uint32_t lane = 0; lane < warpLanes; ++lane) {
      uint32_t g = lane / 4, t = lane % 4, word = warp.exchange[lane][matrix];
      if (!(flags & ASHLAR_MATRIX_TRANSPOSED)) {
        std::memcpy(rows[g] + 4 * t, &word, 4);
        continue;
      }
      std::memcpy(rows[2 * t] + 2 * g, &word, 2);
      std::memcpy(rows[2 * t + 1] + 2 * g, reinterpret_cast<char *>(&word) + 2, 2);
    }
  }
}

void storeMatrix(AshlarSimulatorThread *self, void *row, uint32_t flags, const uint32_t *registers,
                 uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::StoreMatrix);
  Block &block = *thread.block;
  block.warpOf(thread).pointers[thread.lane] = checkRow(thread, row, flags, ASHLAR_ACCESS_WRITE, site);
  uint32_t matrices = flags & ASHLAR_MATRIX_COUNT_MASK;
  std::memcpy(exchangeOf(thread), registers, matrices * sizeof(uint32_t));
  block.meet(thread, ~0u, finishStoreMatrix, flags, site, true);
}

} // namespace ashlar::simulator
