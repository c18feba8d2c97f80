//===-- SamplePackage.cpp - a package made by hand for tests --------------===//
//
// Function 0 "linear": x [M, 64] f16 times a constant, through two kernels and an arena slot, with a copied
// second output; the second kernel has everything that a launch may have. Function 1 "scale": static, one
// kernel, and a plan of its own for sm_90a.
//
//===----------------------------------------------------------------------===//

#include "SamplePackage.h"

namespace ashlar::package::test {

static Function makeLinear(unsigned weights) {
  Function linear;
  linear.name = "linear";
  linear.inputs = {{"x", {ElementType::F16, {Dim::dynamic(0), Dim::fixed(64)}}, {}}};
  linear.outputs = {{"y", {ElementType::F32, {Dim::dynamic(0), Dim::fixed(32)}}, Tolerance{1e-3, 1e-2}},
                    {"copy", {ElementType::F16, {Dim::dynamic(0), Dim::fixed(64)}}, {}}};
  linear.symbols = {{"M", 0, 0, 4096, 2}};
  Expression rows = Expression::dim(0), slotBytes = Expression::ceilDiv(rows * 64 * 4, 256) * 256;
  linear.checks = {{SizeCheck::Relation::AtMost, rows * 64, 100000, "kernel 'matmul_0' relies on it"},
                   {SizeCheck::Relation::Equal, rows, rows, "for the test's sake"}};
  linear.arenaSize = slotBytes + 512;
  linear.slots = {{0, 512}, {512, slotBytes}};
  LaunchStep first;
  first.kernel = 0;
  first.grid = {Expression::ceilDiv(rows, 128), 1, 1};
  first.block = {128, 1, 1};
  first.dynamicSharedBytes = 65536;
  first.traffic = Traffic{1 << 20, 4096};
  first.arguments = {Argument::input(0), Argument::constant(weights), Argument::slot(1), Argument::i32(rows)};
  LaunchStep second;
  second.kernel = 1;
  second.grid = {Expression::max(rows, 2), 2, 1};
  second.block = {32, 2, 1};
  second.cluster = {1, 2, 1};
  TensorMapArgument map;
  map.buffer = {BufferRef::Kind::Slot, 1};
  map.offset = 16;
  map.element = TensorMapElement::F32;
  map.extents = {32, rows};
  map.strides = {256};
  map.box = {16, 64};
  map.elementStrides = {1, 2};
  map.swizzle = 64;
  second.arguments = {Argument::slot(1), Argument::output(0), Argument::i64(rows * 64),
                      Argument::tensorMap(map)};
  second.persistentBlocks = 2;
  second.programmaticLaunch = true;
  linear.steps = {Step::makeLaunch(first), Step::makeLaunch(second),
                  Step::makeCopy({{BufferRef::Kind::Input, 0}, {BufferRef::Kind::Output, 1}, rows * 128})};
  return linear;
}

static Function makeScale() {
  Function scale;
  scale.name = "scale";
  scale.inputs = {{"x", {ElementType::I4, {Dim::fixed(3), Dim::fixed(5)}}, {}}};
  scale.outputs = {{"y", {ElementType::F32, {Dim::fixed(3), Dim::fixed(5)}}, Tolerance{0, 0}}};
  LaunchStep launch;
  launch.kernel = 2;
  launch.grid = {1, 1, 1};
  launch.block = {32, 1, 1};
  launch.arguments = {Argument::input(0), Argument::output(0)};
  scale.steps = {Step::makeLaunch(launch)};
  TargetPlan other;
  other.target = "sm_90a";
  other.arenaSize = 256;
  other.slots = {{0, 256}};
  launch.kernel = 1;
  TensorMapArgument map;
  map.buffer = {BufferRef::Kind::Slot, 0};
  map.extents = {8, 4, 2};
  map.strides = {16, 64};
  map.im2col = Im2col{{-1}, {-2}, 8, 4};
  launch.arguments = {Argument::input(0), Argument::slot(0), Argument::output(0), Argument::tensorMap(map)};
  other.steps = {Step::makeLaunch(launch)};
  scale.targetPlans = {other};
  return scale;
}

PackageWriter makeSamplePackage() {
  PackageWriter writer;
  Manifest &manifest = writer.manifest();
  manifest.producer = "sample";
  writer.addTarget({"sm_90a", "", ImageKind::Ptx, 90, true}, std::string_view("// ptx for sm_90a\n"));
  writer.addTarget({"sm_80", "", ImageKind::Ptx, 80, false}, std::string_view("// ptx for sm_80\n"));
  std::vector<uint8_t> weights(64 * 32 * 2), bias(100, 7);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<uint8_t>(i * 7);
  unsigned index = writer.addConstant("weights", weights);
  writer.addConstant("bias", bias);
  std::string reference = "not really a shared object";
  writer.setReference(std::span<const char>(reference.data(), reference.size()));
  manifest.kernels = {
      {"matmul_0",
       {{"sm_90a", 168, 0, 0, 65536, ""}, {"sm_80", 128, 8, 16, 65536, "a note\nin two lines"}},
       "tile 128x64",
       "model.mlir:3:5"},
      {"reduce_0", {}, "", ""},
      {"scale_0", {}, "plain", "größe.mlir:1:1"}};
  manifest.functions = {makeLinear(index), makeScale()};
  return writer;
}

} // namespace ashlar::package::test
