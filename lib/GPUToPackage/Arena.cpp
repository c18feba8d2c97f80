//===-- Arena.cpp - one allocation for all intermediate results -------------===//
//
// Static sizes are planned exactly; with a dynamic one among them the slots follow each other, since which order of
// sizes is best is then known at the call only.
//
//===-----------------------------------------------------------------------===//
#include "Arena.h"
#include "ashlar/CostModel/AllocationPlanner.h"

using namespace ashlar;
using package::Expression;

static Expression roundUp(const Expression &bytes) {
  return Expression::ceilDiv(bytes, package::bufferAlignment) * Expression(package::bufferAlignment);
}

static void planInSequence(mlir::ArrayRef<ArenaBuffer> buffers, package::Function &function) {
  Expression end(0);
  for (const ArenaBuffer &buffer : buffers) {
    function.slots.push_back({end, buffer.bytes});
    end = end.constantValue() == 0 ? roundUp(buffer.bytes) : end + roundUp(buffer.bytes);
  }
  function.arenaSize = end;
}

void ashlar::planArena(mlir::ArrayRef<ArenaBuffer> buffers, package::Function &function) {
  std::vector<AllocationRequest> requests;
  for (const ArenaBuffer &buffer : buffers) {
    std::optional<int64_t> bytes = buffer.bytes.constantValue();
    if (!bytes)
      return planInSequence(buffers, function);
    requests.push_back({buffer.begin, buffer.end, *bytes, package::bufferAlignment});
  }
  AllocationPlan plan = planAllocation(requests);
  for (size_t i = 0; i < buffers.size(); ++i)
    function.slots.push_back({Expression(plan.offsets[i]), buffers[i].bytes});
  function.arenaSize = Expression(plan.size);
}
