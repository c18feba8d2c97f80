//===-- WarpgroupAttributes.cpp - schedules by warp groups as attributes ----===//
//
// Writes down what the cost model chose. Entries that would say 1, or nothing, are left out.
//
//===------------------------------------------------------------------------===//
#include "ScheduleFamilies.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar;

namespace {
class AttributeWriter {
public:
  /// Begins with what schedules of all families have.
  template <typename Schedule>
  AttributeWriter(MLIRContext *context, const Schedule &schedule, StringRef roles) : builder(context) {
    string("mma", "wgmma");
    string("roles", roles);
    number("consumers", schedule.consumers);
    number("threads", schedule.threads);
    number("stages", schedule.stages);
    if (schedule.producerRegisters > 0)
      numbers("registers", {schedule.consumerRegisters, schedule.producerRegisters});
    flag("persistent", schedule.isPersistent);
  }

  void number(StringRef name, int64_t value) { entries.set(name, builder.getI64IntegerAttr(value)); }
  void factor(StringRef name, int64_t value) {
    if (value > 1)
      number(name, value);
  }
  void numbers(StringRef name, ArrayRef<int64_t> values) {
    entries.set(name, builder.getI64ArrayAttr(values));
  }
  void string(StringRef name, StringRef value) { entries.set(name, builder.getStringAttr(value)); }
  void flag(StringRef name, bool isSet) {
    if (isSet)
      entries.set(name, builder.getUnitAttr());
  }
  DictionaryAttr finish() { return entries.getDictionary(builder.getContext()); }

private:
  Builder builder;
  NamedAttrList entries;
};
} // namespace

DictionaryAttr ashlar::writeWarpgroupMatmulSchedule(MLIRContext *context,
                                                    const cost::WarpgroupMatmulSchedule &schedule) {
  AttributeWriter writer(context, schedule, cost::nameOf(schedule.roles));
  writer.numbers("tile", {schedule.tileM, schedule.tileN, schedule.tileK});
  if (schedule.clusterM * schedule.clusterN > 1)
    writer.numbers("cluster", {schedule.clusterM, schedule.clusterN});
  writer.factor("raster_group", schedule.rasterGroup);
  if (schedule.rasterGroup > 1 && schedule.rasterAxis == cost::RasterAxis::N)
    writer.string("raster_axis", "n");
  writer.factor("split_k", schedule.splitK);
  writer.factor("epilogue_parts", schedule.epilogueParts);
  writer.flag("swap", schedule.isSwapped);
  return writer.finish();
}

DictionaryAttr ashlar::writeWarpgroupAttentionSchedule(MLIRContext *context,
                                                       const cost::WarpgroupAttentionSchedule &schedule) {
  AttributeWriter writer(context, schedule, schedule.isPingpong ? "pingpong" : "cooperative");
  writer.numbers("tile", {schedule.queryTile, schedule.keyTile});
  // As with schedules by warps, this one is always there.
  writer.number("packing", schedule.packing);
  writer.flag("overlap", schedule.isOverlapped);
  writer.flag("share_probabilities", schedule.sharesProbabilities);
  writer.factor("split_keys", schedule.splitKeys);
  return writer.finish();
}
