//===-- ScheduleConvolution.cpp - a schedule for convolutions ---------------===//
//
// A convolution is a matrix product for the cost model, or, where every group has one input channel, a
// problem of its own.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "ashlar/CostModel/DepthwiseSchedule.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar;

/// What dynamic sizes are taken for.
static constexpr int64_t likelyBatch = 8, likelySize = 64;

/// Sizes of the output's spatial dimensions.
static std::vector<int64_t> outputSizes(const ash::ConvSizes &sizes) {
  std::vector<int64_t> result;
  for (int64_t size : sizes.output)
    result.push_back(likelyExtent(size, likelySize));
  return result;
}

/// Null if no tile fits.
static DictionaryAttr scheduleDepthwise(ash::KernelOp kernel, ash::ConvOp op, const TargetInfo &target) {
  ash::ConvSizes sizes = op.getSizes();
  ash::ConvWindow window = op.getWindow();
  cost::DepthwiseProblem problem;
  problem.batch = likelyExtent(sizes.batch, likelyBatch);
  problem.channels = sizes.inputChannels;
  problem.output = outputSizes(sizes);
  problem.filter.assign(sizes.filter.begin(), sizes.filter.end());
  problem.strides.assign(window.strides.begin(), window.strides.end());
  problem.dilations.assign(window.dilations.begin(), window.dilations.end());
  problem.bits = op.getInputType().getElementTypeBitWidth();
  problem.isChannelsLast = window.layout == ash::ConvLayout::ChannelsLast;
  std::optional<cost::DepthwiseSchedule> best = cost::chooseDepthwiseSchedule(problem, target);
  if (!best)
    return DictionaryAttr();
  Builder builder(kernel.getContext());
  return builder.getDictionaryAttr({
      {builder.getStringAttr("tile"), builder.getI64ArrayAttr({best->tile.data(), best->tile.size()})},
      {builder.getStringAttr("threads"), builder.getI64IntegerAttr(best->threads)},
  });
}

/// Whether pixels are read one by one. With channels first, neighbours in memory are neighbours of a row of
/// the image, which windows shift, and strides pick from.
static bool readsSinglePixels(ash::ConvOp op) {
  ash::ConvWindow window = op.getWindow();
  auto areAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [&](int64_t each) { return each == value; });
  };
  bool isPointwise = areAll(op.getSizes().filter, 1) && areAll(window.strides, 1) &&
                     areAll(window.paddingLow, 0) && areAll(window.paddingHigh, 0);
  return window.layout == ash::ConvLayout::ChannelsFirst && !isPointwise;
}

FailureOr<ScheduleChoice> ashlar::scheduleConvolution(ash::KernelOp kernel, ash::ConvOp op,
                                                      const ScheduleRequest &request) {
  ash::ConvSizes sizes = op.getSizes();
  int64_t groups = op.getWindow().groups;
  if (groups > 1 && groups == sizes.inputChannels)
    if (DictionaryAttr schedule = scheduleDepthwise(kernel, op, request.target))
      return ScheduleChoice{schedule, {}, {}};
  // Otherwise, too, a product for each group is right, if not fast.
  cost::MatmulProblem problem;
  problem.batch = groups;
  problem.m = likelyExtent(sizes.batch, likelyBatch);
  for (int64_t size : outputSizes(sizes))
    problem.m *= size;
  problem.n = sizes.outputChannels / groups;
  problem.k = sizes.inputChannels / groups;
  for (int64_t size : sizes.filter)
    problem.k *= size;
  describeOperands(problem, kernel, op, op.getInputType(), op.getFilterType(), op.getResultType());
  if (readsSinglePixels(op))
    problem.lhsVectorBytes = problem.lhsBits / 8;
  ScheduleChooser chooser(request, nameOf(problem, op, request.target));
  chooser.add<cost::MatmulSchedule>(
      cost::rankMatmulSchedules(problem, request.target), [&](const cost::MatmulSchedule &schedule) {
        return writeMatmulSchedule(Builder(kernel.getContext()), problem, schedule);
      });
  if (chooser.empty())
    return emitNoSchedule(op, request.target), failure();
  return chooser.choose();
}
