//===-- ScheduleAttention.cpp - a schedule for attention --------------------===//
//
// From an attention to the numbers of the cost model, and from its answer to the attribute.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "ashlar/CostModel/AttentionSchedule.h"
#include "mlir/IR/Builders.h"

#include <numeric>

using namespace mlir;
using namespace ashlar;

static cost::AttentionProblem describeAttention(ash::AttentionOp op) {
  RankedTensorType query = op.getQueryType(), key = op.getKeyType();
  // What a dynamic batch and a dynamic length are taken for.
  constexpr int64_t likelyBatch = 4, likelyLength = 2048;
  cost::AttentionProblem problem;
  problem.batch = likelyExtent(query.getDimSize(0), likelyBatch);
  problem.queryHeads = op.getQueryHeads();
  problem.keyHeads = op.getKeyHeads();
  problem.queries = likelyExtent(query.getDimSize(2), likelyLength);
  problem.keys = likelyExtent(key.getDimSize(2), likelyLength);
  problem.headSize = query.getDimSize(3);
  problem.valueSize = op.getValueType().getDimSize(3);
  problem.bits = query.getElementTypeBitWidth();
  if (RankedTensorType mask = op.getMaskType(); mask && mask.getDimSize(2) != 1) {
    problem.maskBits = std::max(8u, mask.getElementTypeBitWidth());
    int64_t length = mask.isDynamicDim(3) ? 1 : mask.getDimSize(3);
    problem.maskVectorBits = std::gcd<int64_t>(length * problem.maskBits, 128);
  }
  problem.isCausal = op.getCausal();
  problem.multiplier =
      query.getElementType().isF32() ? cost::Multiplier::Scalar : cost::Multiplier::TensorHalf;
  return problem;
}

FailureOr<DictionaryAttr> ashlar::scheduleAttention(ash::KernelOp kernel, ash::AttentionOp op,
                                                    const TargetInfo &target) {
  cost::AttentionProblem problem = describeAttention(op);
  std::vector<cost::AttentionSchedule> ranked = cost::rankAttentionSchedules(problem, target);
  if (ranked.empty())
    return emitNoSchedule(op, target), failure();
  const cost::AttentionSchedule &best = ranked.front();
  bool isScalar = problem.multiplier == cost::Multiplier::Scalar;
  Builder builder(kernel.getContext());
  NamedAttrList schedule;
  schedule.set("tile", builder.getI64ArrayAttr({best.queryTile, best.keyTile}));
  schedule.set("packing", builder.getI64IntegerAttr(best.packing));
  if (best.valueTile != problem.valueSize)
    schedule.set("value_tile", builder.getI64IntegerAttr(best.valueTile));
  schedule.set(isScalar ? "thread_grid" : "warps", builder.getI64ArrayAttr({best.gridM, best.gridN}));
  schedule.set("threads", builder.getI64IntegerAttr(best.threads));
  schedule.set("stages", builder.getI64IntegerAttr(best.stages));
  schedule.set("mma", builder.getStringAttr(isScalar ? "fma" : "mma_sync"));
  return schedule.getDictionary(kernel.getContext());
}
