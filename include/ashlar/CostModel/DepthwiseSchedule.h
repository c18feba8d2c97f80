//===-- DepthwiseSchedule.h - Tiles for convolutions of single channels -*- C++ -*-===//
//
// A depthwise convolution is bound by memory: every input is used for a few outputs only. What a tile decides
// is how much of the input is read twice, by neighbouring blocks (the halo), whether accesses are wide, and
// how much of the last tile in each dimension is empty. A pure function from the problem to a tile; plain
// C++, no state.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_DEPTHWISESCHEDULE_H
#define ASHLAR_COSTMODEL_DEPTHWISESCHEDULE_H

#include "ashlar/Target/TargetInfo.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ashlar::cost {

struct DepthwiseProblem {
  int64_t batch = 1, channels = 1; ///< Channels of the input.
  std::vector<int64_t>
      output; ///< Spatial sizes of the output, outermost first; a likely one for a dynamic size.
  std::vector<int64_t> filter, strides, dilations;
  unsigned bits = 16; ///< Of an element of input and output.
  bool isChannelsLast = true;
};

struct DepthwiseSchedule {
  std::vector<int64_t> tile; ///< Spatial sizes of a block's output, then its channels.
  int64_t threads = 0;
  unsigned sharedBytes = 0;
  double cost = 0; ///< Bytes moved for each byte of output, roughly; the less the better.
};

/// The best tile; nothing if the halo of the smallest one exceeds shared memory.
std::optional<DepthwiseSchedule> chooseDepthwiseSchedule(const DepthwiseProblem &problem,
                                                         const TargetInfo &target);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_DEPTHWISESCHEDULE_H
