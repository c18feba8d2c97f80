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

} // namespace ashlar::test
