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

/// Leaves out what says nothing.
DictionaryAttr ashlar::writeWarpgroupMatmulSchedule(Builder builder,
                                                    const cost::WarpgroupMatmulSchedule &schedule) {
  bool isPingpong = schedule.roles == cost::WarpgroupRoles::Pingpong;
  bool hasProducer = schedule.roles != cost::WarpgroupRoles::None;
  NamedAttrList entries;
  entries.set("mma", builder.getStringAttr("wgmma"));
  entries.set("tile", builder.getI64ArrayAttr({schedule.tileM, schedule.tileN, schedule.tileK}));
  entries.set("roles", builder.getStringAttr(!hasProducer ? "none"
                                             : isPingpong ? "pingpong"
                                                          : "cooperative"));
  entries.set("threads", builder.getI64IntegerAttr(schedule.threads));
  auto set = [&](StringRef name, int64_t value, int64_t trivial) {
    if (value != trivial)
      entries.set(name, builder.getI64IntegerAttr(value));
  };
  set("consumers", schedule.consumers, 0);
  set("stages", schedule.stages, 0);
  set("raster_group", schedule.rasterGroup, 1);
  set("split_k", schedule.splitK, 1);
  set("epilogue_parts", schedule.epilogueParts, 1);
  if (schedule.clusterM * schedule.clusterN > 1)
    entries.set("cluster", builder.getI64ArrayAttr({schedule.clusterM, schedule.clusterN}));
  if (schedule.rasterGroup > 1 && schedule.rasterAxis == cost::RasterAxis::N)
    entries.set("raster_axis", builder.getStringAttr("n"));
  if (hasProducer)
    entries.set("registers",
                builder.getI64ArrayAttr({schedule.consumerRegisters, schedule.producerRegisters}));
  if (schedule.isPersistent)
    entries.set("persistent", builder.getUnitAttr());
  if (schedule.isSwapped)
    entries.set("swap", builder.getUnitAttr());
  return entries.getDictionary(builder.getContext());
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

/// Why TMA cannot copy an operand, in a clause; empty if it can.
static StringRef whyNotCopied(Value operand) {
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
  chooser.add<cost::WarpgroupMatmulSchedule>(cost::rankWarpgroupMatmulSchedules(problem, target),
                                             [&](const cost::WarpgroupMatmulSchedule &schedule) {
                                               return writeWarpgroupMatmulSchedule(
                                                   Builder(kernel.getContext()), schedule);
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
