//===-- BankConflicts.cpp - What a shared-memory access costs ---------------===//
//
// Counts wavefronts of one access, and sums them over the accesses of a tile.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/BankConflicts.h"

#include "Failure.h"

#include <algorithm>
#include <array>

namespace ashlar::layout {

static constexpr int64_t bankCount = 32, wordBytes = 4, warpLanes = 32, phaseBytes = 128;

/// Wavefronts of one phase: the largest number of different words in a bank.
static int64_t wavefronts(std::span<const int64_t> byteAddresses, int64_t bytesPerLane) {
  std::array<int64_t, bankCount> words;
  int64_t count = 0;
  for (int64_t address : byteAddresses)
    for (int64_t byte = 0; address >= 0 && byte < bytesPerLane; byte += wordBytes)
      words[size_t(count++)] = (address + byte) / wordBytes;
  std::sort(words.begin(), words.begin() + count);
  int64_t different = std::unique(words.begin(), words.begin() + count) - words.begin();
  std::array<int64_t, bankCount> load{};
  for (int64_t i = 0; i < different; ++i)
    ++load[size_t(words[size_t(i)] % bankCount)];
  return *std::max_element(load.begin(), load.end());
}

std::optional<int64_t> bankConflicts(std::span<const int64_t> byteAddresses, int bytesPerLane) {
  bool validWidth =
      bytesPerLane == 1 || bytesPerLane == 2 || bytesPerLane == 4 || bytesPerLane == 8 || bytesPerLane == 16;
  if (!validWidth || byteAddresses.size() > size_t(warpLanes))
    return std::nullopt;
  for (int64_t address : byteAddresses)
    if (address >= 0 && address % bytesPerLane != 0)
      return std::nullopt;
  size_t lanesPerPhase = size_t(std::min(warpLanes, phaseBytes / bytesPerLane));
  int64_t extra = 0;
  for (size_t first = 0; first < byteAddresses.size(); first += lanesPerPhase) {
    size_t lanes = std::min(lanesPerPhase, byteAddresses.size() - first);
    extra += std::max(wavefronts(byteAddresses.subspan(first, lanes), bytesPerLane) - 1, int64_t(0));
  }
  return extra;
}

std::optional<int64_t> ldmatrixConflicts(std::span<const int64_t> rowAddresses) {
  if (rowAddresses.size() != 8 && rowAddresses.size() != 16 && rowAddresses.size() != 32)
    return std::nullopt;
  return bankConflicts(rowAddresses, 16);
}

/// Adds one warp's access; false if the hardware would trap on it.
static bool addAccess(ConflictCount &count, std::span<const int64_t> byteAddresses, int bytesPerLane) {
  std::optional<int64_t> extra = bankConflicts(byteAddresses, bytesPerLane);
  if (!extra)
    return false;
  ++count.accesses;
  count.total += *extra;
  count.worst = std::max(count.worst, *extra);
  return true;
}

std::optional<ConflictCount> tileConflicts(const Distribution &registers, const SwizzledLayout &memory,
                                           int elementBytes, int64_t vectorWidth, std::string *error) {
  int64_t values = registers.values(), threads = registers.threads();
  if (elementBytes < 1 || vectorWidth < 1 || vectorWidth > 16 / elementBytes || values % vectorWidth != 0)
    return failure(error, "vectors of " + std::to_string(vectorWidth) + " elements of " +
                              std::to_string(elementBytes) + " bytes do not divide " +
                              std::to_string(values) + " registers or exceed 16 bytes");
  int rank = memory.layout.rank();
  if (registers.minimumRank() > rank)
    return failure(error, "the distribution has a higher rank than the memory layout " + memory.print());
  auto offset = [&](int64_t thread, int64_t value) {
    return memory(std::span<const int64_t>(registers.coordinate(thread, value, rank)));
  };
  ConflictCount count;
  for (int64_t first = 0; first < threads; first += warpLanes)
    for (int64_t value = 0; value < values; value += vectorWidth) {
      std::vector<int64_t> addresses;
      for (int64_t thread = first; thread < std::min(first + warpLanes, threads); ++thread) {
        int64_t start = offset(thread, value);
        for (int64_t i = 1; i < vectorWidth; ++i)
          if (offset(thread, value + i) != start + i)
            return failure(error, "registers " + std::to_string(value) + " and " + std::to_string(value + i) +
                                      " of thread " + std::to_string(thread) +
                                      " are not in one vector in memory " + memory.print());
        addresses.push_back(start * elementBytes);
      }
      if (!addAccess(count, addresses, int(vectorWidth) * elementBytes))
        return failure(error, "vectors of " + std::to_string(vectorWidth * elementBytes) +
                                  " bytes are not aligned in memory " + memory.print());
    }
  return count;
}

int64_t widestVector(const Distribution &registers, const SwizzledLayout &memory, int elementBytes) {
  for (int64_t width = 16; width > 1; width /= 2)
    if (tileConflicts(registers, memory, elementBytes, width))
      return width;
  return 1;
}

std::optional<ConflictCount> ldmatrixTileConflicts(const SwizzledLayout &memory, int64_t rows,
                                                   int64_t columns, int elementBytes, std::string *error) {
  if (elementBytes < 1 || 16 % elementBytes != 0 || rows < 1 || columns < 1 || rows % 8 != 0 ||
      columns % (16 / elementBytes) != 0 || memory.layout.rank() != 2)
    return failure(error, "a tile of " + std::to_string(rows) + "x" + std::to_string(columns) +
                              " elements of " + std::to_string(elementBytes) +
                              " bytes is not made of ldmatrix's 8 rows of 16 bytes");
  int64_t chunk = 16 / elementBytes;
  auto offset = [&](int64_t row, int64_t column) {
    return memory(std::span<const int64_t>(std::array<int64_t, 2>{row, column}));
  };
  ConflictCount count;
  for (int64_t column = 0; column < columns; column += chunk)
    for (int64_t firstRow = 0; firstRow < rows; firstRow += 8) {
      std::array<int64_t, 8> addresses;
      for (int64_t row = 0; row < 8; ++row) {
        int64_t start = offset(firstRow + row, column);
        for (int64_t i = 1; i < chunk; ++i)
          if (offset(firstRow + row, column + i) != start + i)
            return failure(error, "row " + std::to_string(firstRow + row) +
                                      " of a matrix is not consecutive in memory " + memory.print());
        addresses[size_t(row)] = start * elementBytes;
      }
      if (!addAccess(count, addresses, 16))
        return failure(error, "a matrix row is not aligned to 16 bytes in memory " + memory.print());
    }
  return count;
}

} // namespace ashlar::layout
