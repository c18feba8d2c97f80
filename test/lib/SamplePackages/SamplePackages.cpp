//===-- SamplePackages.cpp - packages for tests of the runtime ------------===//
//
// Plans written out by hand.
//
//===----------------------------------------------------------------------===//

#include "SamplePackages.h"

#include "ashlar/Support/FileIO.h"

namespace ashlar::test {

using namespace package;

static constexpr const char *kernelDeclarations = ".entry scale2_f32(u64, u64, u32)\n"
                                                  ".entry scale2_overrun_f32(u64, u64, u32)\n"
                                                  ".entry write_nothing_f32(u64, u64, u32)\n";

static Step launchOf(unsigned kernel, Argument in, Argument out, Expression count) {
  LaunchStep launch;
  launch.kernel = kernel;
  launch.grid = {Expression::ceilDiv(count, 128), 1, 1};
  launch.block = {128, 1, 1};
  launch.dynamicSharedBytes = kernel == 0 ? 65536 : 0;
  launch.arguments = {std::move(in), std::move(out), Argument::i32(std::move(count))};
  return Step::makeLaunch(std::move(launch));
}

/// x: 8xf32 -> y: 8xf32 through one launch of `kernel`.
static Function makeStatic(const std::string &name, unsigned kernel) {
  Function function;
  function.name = name;
  TensorType type{ElementType::F32, {Dim::fixed(8)}};
  function.inputs = {{"x", type, {}}};
  function.outputs = {{"y", type, Tolerance{1e-6, 1e-5}}};
  function.steps = {launchOf(kernel, Argument::input(0), Argument::output(0), 8)};
  return function;
}

static Function makeScaleTwice() {
  Function function;
  function.name = "scale_twice";
  TensorType type{ElementType::F32, {Dim::dynamic(0)}};
  function.inputs = {{"x", type, {}}};
  function.outputs = {{"y", type, {}}, {"copy", type, {}}};
  function.symbols = {{"N", 0, 0, std::nullopt, 1}};
  Expression n = Expression::dim(0), bytes = n * 4;
  function.arenaSize = Expression::ceilDiv(bytes, bufferAlignment) * bufferAlignment;
  function.slots = {{0, bytes}};
  function.steps = {launchOf(0, Argument::input(0), Argument::slot(0), n),
                    launchOf(0, Argument::slot(0), Argument::output(0), n),
                    Step::makeCopy({{BufferRef::Kind::Input, 0}, {BufferRef::Kind::Output, 1}, bytes})};
  return function;
}

static Function makeNibbles() {
  Function function;
  function.name = "nibbles";
  TensorType type{ElementType::I4, {Dim::fixed(5)}};
  function.inputs = {{"x", type, {}}};
  function.outputs = {{"y", type, {}}};
  function.steps = {Step::makeCopy({{BufferRef::Kind::Input, 0}, {BufferRef::Kind::Output, 0}, 3})};
  return function;
}

PackageWriter makeScalePackage(const std::string &simulatorImage, const std::string &reference) {
  PackageWriter writer;
  Manifest &manifest = writer.manifest();
  manifest.producer = "test";
  writer.addTarget({"sm_90a", "", ImageKind::Ptx, 90, true}, std::string("// sm_90a\n") + kernelDeclarations);
  writer.addTarget({"sm_80", "", ImageKind::Ptx, 80, false}, std::string("// sm_80\n") + kernelDeclarations);
  if (!simulatorImage.empty())
    writer.addTarget({"sim", "", ImageKind::SharedObject, 0, false}, simulatorImage);
  if (!reference.empty())
    writer.setReference(std::span<const char>(reference.data(), reference.size()));
  writer.addConstant("unused", std::vector<uint8_t>(1000, 1));
  manifest.kernels = {
      {"scale2_f32", {{"sm_90a", 24, 0, 0, 65536, ""}}, "one thread an element", "sample.mlir:3:7"},
      {"scale2_overrun_f32", {}, "", ""},
      {"write_nothing_f32", {}, "", ""}};
  manifest.functions = {makeStatic("scale", 0),     makeScaleTwice(),       makeStatic("overrun", 1),
                        makeStatic("unwritten", 2), makeStatic("wrong", 0), makeNibbles()};
  return writer;
}

//===----------------------------------------------------------------------===//
// Hopper
//===----------------------------------------------------------------------===//

static constexpr int64_t hopperDepth = 64, hopperColumns = 512;

static Argument mapOf(BufferRef buffer, Expression rows, int64_t columns, std::vector<int64_t> box) {
  TensorMapArgument map;
  map.buffer = buffer;
  map.extents = {columns, std::move(rows)};
  map.strides = {columns * 2};
  map.box = std::move(box);
  map.swizzle = 128;
  return Argument::tensorMap(std::move(map));
}

static LaunchStep hopperStep(unsigned kernel, Expression blocks, std::vector<Argument> arguments) {
  LaunchStep launch;
  launch.kernel = kernel;
  launch.grid = {std::move(blocks), 1, 1};
  launch.block = {128, 1, 1};
  launch.dynamicSharedBytes = 100000;
  launch.arguments = std::move(arguments);
  return launch;
}

PackageWriter makeHopperPackage(int64_t rows) {
  PackageWriter writer;
  Manifest &manifest = writer.manifest();
  manifest.producer = "test";
  writer.addTarget({"sm_90a", "", ImageKind::Ptx, 90, true},
                   std::string("// sm_90a\n.entry product(u64, u64, u64, u32, map, map, map)\n"
                               ".entry finish(u64, u64, u32, map, map)\n"));
  writer.addTarget(
      {"sm_80", "", ImageKind::Ptx, 80, false},
      std::string("// sm_80\n.entry product(u64, u64, u64, u32)\n.entry finish(u64, u64, u32)\n"));
  unsigned weight = writer.addConstant("weight", std::vector<uint8_t>(hopperColumns * hopperDepth * 2, 1));
  manifest.kernels = {{"product", {}, "", ""}, {"finish", {}, "", ""}};
  Function function;
  function.name = "linear";
  Expression n = rows ? Expression(rows) : Expression::dim(0), bytes = n * (hopperColumns * 2);
  Dim dim = rows ? Dim::fixed(rows) : Dim::dynamic(0);
  if (!rows)
    function.symbols = {{"N", 0, 0, std::nullopt, 1}};
  function.inputs = {{"x", {ElementType::F16, {dim, Dim::fixed(hopperDepth)}}, {}}};
  function.outputs = {{"y", {ElementType::F16, {dim, Dim::fixed(hopperColumns)}}, {}}};
  function.arenaSize = Expression::ceilDiv(bytes, bufferAlignment) * bufferAlignment;
  function.slots = {{0, bytes}};
  Expression tiles = Expression::ceilDiv(n, 64);
  LaunchStep product = hopperStep(
                 0, tiles,
                 {Argument::input(0), Argument::constant(weight), Argument::slot(0), Argument::i32(n)}),
             finish = hopperStep(1, tiles, {Argument::slot(0), Argument::output(0), Argument::i32(n)});
  function.steps = {Step::makeLaunch(product), Step::makeLaunch(finish)};
  TargetPlan hopper{function, "sm_90a"};
  product.grid[0] = Expression::ceilDiv(n, 128) * 2;
  product.cluster = {2, 1, 1};
  product.persistentBlocks = 1;
  BufferRef x{BufferRef::Kind::Input, 0}, w{BufferRef::Kind::Constant, weight},
      slot{BufferRef::Kind::Slot, 0}, y{BufferRef::Kind::Output, 0};
  for (Argument map : {mapOf(x, n, hopperDepth, {64, 64}), mapOf(w, hopperColumns, hopperDepth, {64, 128}),
                       mapOf(slot, n, hopperColumns, {64, 64})})
    product.arguments.push_back(map);
  finish.programmaticLaunch = true;
  for (Argument map : {mapOf(slot, n, hopperColumns, {64, 64}), mapOf(y, n, hopperColumns, {64, 64})})
    finish.arguments.push_back(map);
  hopper.steps = {Step::makeLaunch(product), Step::makeLaunch(finish)};
  function.targetPlans = {hopper};
  manifest.functions = {function};
  return writer;
}

static Expected<std::string> readText(const char *path) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, readFile(path));
  return std::string(bytes.begin(), bytes.end());
}

Expected<PackageWriter> makeScalePackageWithHostCode(bool withSimulator, bool withReference) {
  ASHLAR_ASSIGN_OR_RETURN(std::string kernels, readText(SAMPLE_KERNELS_FILE));
  ASHLAR_ASSIGN_OR_RETURN(std::string reference, readText(SAMPLE_REFERENCE_FILE));
  return makeScalePackage(withSimulator ? kernels : "", withReference ? reference : "");
}

std::string stubDriverPath() { return STUB_DRIVER_FILE; }
std::string stubOldDriverPath() { return STUB_OLD_DRIVER_FILE; }

} // namespace ashlar::test
