//===-- ScheduleMatmul.cpp - schedules for matrix products ------------------===//
//
// From a product to the numbers of the cost model, and from its answers to attributes.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar;

DictionaryAttr ashlar::writeMatmulSchedule(Builder builder, const cost::MatmulProblem &problem,
                                           const cost::MatmulSchedule &schedule) {
  bool isScalar = problem.multiplier == cost::Multiplier::Scalar;
  ArrayAttr grid = builder.getI64ArrayAttr({schedule.gridM, schedule.gridN});
  return builder.getDictionaryAttr({
      {builder.getStringAttr("tile"),
       builder.getI64ArrayAttr({schedule.tileM, schedule.tileN, schedule.tileK})},
      {builder.getStringAttr(isScalar ? "thread_grid" : "warps"), grid},
      {builder.getStringAttr("threads"), builder.getI64IntegerAttr(schedule.threads)},
      {builder.getStringAttr("stages"), builder.getI64IntegerAttr(schedule.stages)},
      {builder.getStringAttr("mma"), builder.getStringAttr(isScalar ? "fma" : "mma_sync")},
  });
}

std::string ashlar::nameOf(const cost::MatmulProblem &problem, Operation *op, const TargetInfo &target) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << op->getName() << " " << problem.m << " x " << problem.n << " x " << problem.k;
  if (problem.batch > 1)
    stream << ", " << problem.batch << " times,";
  stream << " for " << target.name;
  return text;
}

//===-- Warp groups -----------------------------------------------------------===//

/// Whether rows of a tensor in memory are multiples of 16 bytes apart, whatever its dynamic sizes.
static bool hasAlignedRows(RankedTensorType type) {
  int64_t row = type.getShape().back();
  return !ShapedType::isDynamic(row) && row * type.getElementTypeBitWidth() % 128 == 0;
}

StringRef ashlar::whyNotCopied(Value operand) {
  if (!isa<BlockArgument>(operand))
    return "an operand is computed in the kernel, so that TMA cannot copy it";
  if (!hasAlignedRows(cast<RankedTensorType>(operand.getType())))
    return "rows of an operand are not multiples of 16 bytes apart, as TMA needs them";
  return "";
}

/// Bits that the epilogue reads for each element of the result.
static unsigned epilogueReadBits(ash::KernelOp kernel, ash::MatmulOp op) {
  unsigned bits = 0;
  RankedTensorType result = op.getResultType();
  for (BlockArgument input : kernel.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(input.getType());
    if (type && input != op.getLhs() && input != op.getRhs() && type.getRank() >= result.getRank())
      bits += type.getElementTypeBitWidth();
  }
  return bits;
}

/// What the lowering of products cannot expand yet. Results pass through shared memory as a whole or not at all,
/// whatever `epilogueParts` says. Three groups of consumers have 128 registers a thread until they have asked for
/// more, and ptxas compiles no instruction of more than 96 accumulators for that.
static bool isNotBuilt(const cost::WarpgroupMatmulSchedule &schedule) {
  constexpr int64_t widestForThree = 192;
  return schedule.roles != cost::WarpgroupRoles::Cooperative || schedule.clusterM * schedule.clusterN > 1 ||
         schedule.splitK > 1 || schedule.isSwapped || (schedule.consumers == 3 && schedule.tileN > widestForThree);
}

static void addWarpgroups(ScheduleChooser &chooser, ash::KernelOp kernel, ash::MatmulOp op,
                          const TargetInfo &target) {
  for (Value operand : {op.getLhs(), op.getRhs()})
    if (StringRef reason = whyNotCopied(operand); !reason.empty())
      return chooser.refuse("wgmma", reason.str());
  cost::MatmulProblem problem = describeMatmul(kernel, op);
  // Neighbours in memory lie along the last dimension.
  problem.isLhsKMajor = op.getLhsReductionDim() == op.getLhsType().getRank() - 1;
  problem.isRhsKMajor = op.getRhsReductionDim() == op.getRhsType().getRank() - 1;
  problem.epilogueReadBits = epilogueReadBits(kernel, op);
  if (std::string reason = cost::whyNoWarpgroupMatmul(problem, target); !reason.empty())
    return chooser.refuse("wgmma", reason);
  std::vector<cost::WarpgroupMatmulSchedule> ranked = cost::rankWarpgroupMatmulSchedules(problem, target);
  std::erase_if(ranked, isNotBuilt);
  if (ranked.empty())
    return chooser.refuse("wgmma", "no schedule fits that the lowering can expand");
  chooser.add<cost::WarpgroupMatmulSchedule>(ranked,
                                             [&](const cost::WarpgroupMatmulSchedule &schedule) {
                                               return writeWarpgroupMatmulSchedule(kernel.getContext(),
                                                                                   schedule);
                                             });
}

FailureOr<ScheduleChoice> ashlar::scheduleMatmul(ash::KernelOp kernel, ash::MatmulOp op,
                                                 const ScheduleRequest &request) {
  cost::MatmulProblem problem = describeMatmul(kernel, op);
  ScheduleChooser chooser(request, nameOf(problem, op, request.target));
  if (request.withWarpgroups)
    addWarpgroups(chooser, kernel, op, request.target);
  for (const cost::MatmulProblem &reading :
       describeReadings(problem, op.getRhs(), op.getRhsColumnDim(), op.getRhsReductionDim())) {
    std::vector<cost::MatmulSchedule> ranked = cost::rankMatmulSchedules(reading, request.target);
    if (ranked.empty())
      continue;
    chooser.add<cost::MatmulSchedule>(ranked, [&](const cost::MatmulSchedule &schedule) {
      return writeMatmulSchedule(Builder(kernel.getContext()), reading, schedule);
    });
    break;
  }
  if (chooser.empty())
    return emitNoSchedule(op, request.target), failure();
  return chooser.choose();
}
