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

static DictionaryAttr writeAttentionSchedule(Builder builder, const cost::AttentionProblem &problem,
                                             const cost::AttentionSchedule &schedule) {
  bool isScalar = problem.multiplier == cost::Multiplier::Scalar;
  NamedAttrList entries;
  entries.set("tile", builder.getI64ArrayAttr({schedule.queryTile, schedule.keyTile}));
  entries.set("packing", builder.getI64IntegerAttr(schedule.packing));
  if (schedule.valueTile != problem.valueSize)
    entries.set("value_tile", builder.getI64IntegerAttr(schedule.valueTile));
  entries.set(isScalar ? "thread_grid" : "warps", builder.getI64ArrayAttr({schedule.gridM, schedule.gridN}));
  entries.set("threads", builder.getI64IntegerAttr(schedule.threads));
  entries.set("stages", builder.getI64IntegerAttr(schedule.stages));
  entries.set("mma", builder.getStringAttr(isScalar ? "fma" : "mma_sync"));
  return entries.getDictionary(builder.getContext());
}

static std::string nameAttention(const cost::AttentionProblem &problem, const TargetInfo &target) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "ashlar.attention " << problem.batch << " x " << problem.queryHeads << " heads ("
         << problem.keyHeads << " of keys) of " << problem.headSize << ", " << problem.queries << " queries, "
         << problem.keys << " keys" << (problem.isCausal ? ", causal," : "") << " for " << target.name;
  return text;
}

/// What the lowering of attention cannot expand yet.
static bool isNotBuilt(const cost::WarpgroupAttentionSchedule &schedule) {
  return schedule.isPingpong || schedule.isOverlapped || schedule.sharesProbabilities || schedule.packing > 1 ||
         schedule.splitKeys > 1;
}

static void addWarpgroups(ScheduleChooser &chooser, ash::AttentionOp op,
                          const cost::AttentionProblem &problem, const TargetInfo &target) {
  for (Value operand : {op.getQuery(), op.getKey(), op.getValue()})
    if (StringRef reason = whyNotCopied(operand); !reason.empty())
      return chooser.refuse("wgmma", reason.str());
  if (std::string reason = cost::whyNoWarpgroupAttention(problem, target); !reason.empty())
    return chooser.refuse("wgmma", reason);
  std::vector<cost::WarpgroupAttentionSchedule> ranked = cost::rankWarpgroupAttentionSchedules(problem, target);
  std::erase_if(ranked, isNotBuilt);
  if (ranked.empty())
    return chooser.refuse("wgmma", "no schedule fits that the lowering can expand");
  chooser.add<cost::WarpgroupAttentionSchedule>(ranked,
                                                [&](const cost::WarpgroupAttentionSchedule &schedule) {
                                                  return writeWarpgroupAttentionSchedule(op.getContext(),
                                                                                         schedule);
                                                });
}

FailureOr<ScheduleChoice> ashlar::scheduleAttention(ash::KernelOp kernel, ash::AttentionOp op,
                                                    const ScheduleRequest &request) {
  cost::AttentionProblem problem = describeAttention(op);
  ScheduleChooser chooser(request, nameAttention(problem, request.target));
  if (request.withWarpgroups)
    addWarpgroups(chooser, op, problem, request.target);
  chooser.add<cost::AttentionSchedule>(
      cost::rankAttentionSchedules(problem, request.target), [&](const cost::AttentionSchedule &schedule) {
        return writeAttentionSchedule(Builder(kernel.getContext()), problem, schedule);
      });
  if (chooser.empty())
    return emitNoSchedule(op, request.target), failure();
  return chooser.choose();
}
