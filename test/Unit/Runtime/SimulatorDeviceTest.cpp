//===-- SimulatorDeviceTest.cpp - tests of the simulator as a device ------===//
//
// The sample package's hand-made image, run through the same executable as on a GPU.
//
//===----------------------------------------------------------------------===//

#include "ashlar/SimulatorDevice/SimulatorDevice.h"
#include "ashlar/Runtime/Executable.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::package;
using namespace ashlar::runtime;

/// Adds "by_map": the input by a tensor map alone, tiles of two elements, as many blocks as run at once.
static void addByMap(Manifest &manifest) {
  Function function = manifest.functions[0];
  function.name = "by_map";
  TensorMapArgument map;
  map.element = TensorMapElement::F32;
  map.extents = {8};
  map.box = {4};
  LaunchStep &launch = function.steps[0].launch;
  launch.kernel = static_cast<unsigned>(manifest.kernels.size());
  launch.grid[0] = 4;
  launch.block = {2, 1, 1};
  launch.persistentBlocks = 1;
  launch.arguments = {Argument::output(0), Argument::tensorMap(map)};
  manifest.functions.push_back(function);
  manifest.kernels.push_back({"scale2_map_f32", {}, "", ""});
}

/// Adds "cluster_size": four blocks of two threads in clusters of `blocks`.
static void addClusterSize(Manifest &manifest, int64_t blocks) {
  Function function = manifest.functions[0];
  function.name = "cluster_size";
  LaunchStep &launch = function.steps[0].launch;
  launch.kernel = static_cast<unsigned>(manifest.kernels.size());
  launch.grid[0] = std::max<int64_t>(4, blocks);
  launch.block = {2, 1, 1};
  launch.cluster = {blocks, 1, 1};
  launch.arguments = {Argument::output(0)};
  manifest.functions.push_back(function);
  manifest.kernels.push_back({"cluster_size_f32", {}, "", ""});
}

namespace {
struct SimulatorDeviceTest : testing::Test {
  void SetUp() override { registerSimulatorDevice(); }

  /// Loads the sample package onto a simulator and calls static function `name` on eight numbers.
  Status call(const std::string &name, const DeviceOptions &options, std::vector<float> &values,
              std::vector<StepProfile> *profile = nullptr) {
    ASHLAR_ASSIGN_OR_RETURN(PackageWriter writer, ashlar::test::makeScalePackageWithHostCode());
    addByMap(writer.manifest());
    addClusterSize(writer.manifest(), clusterBlocks);
    ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, writer.write());
    ASHLAR_ASSIGN_OR_RETURN(PackageReader reader, PackageReader::openBytes(std::move(bytes)));
    ASHLAR_ASSIGN_OR_RETURN(std::shared_ptr<Device> device, createDevice("sim", options));
    auto package = std::make_shared<const PackageReader>(std::move(reader));
    ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<Executable> executable, Executable::create(package, device));
    ASHLAR_ASSIGN_OR_RETURN(void *in, device->allocate(32));
    ASHLAR_ASSIGN_OR_RETURN(void *out, device->allocate(32));
    ASHLAR_RETURN_IF_ERROR(device->upload(in, values.data(), 32, nullptr));
    ASHLAR_RETURN_IF_ERROR(executable->setProfiling(profile != nullptr));
    TensorBuffer input{in, 32, {}}, output{out, 32, {}};
    ASHLAR_RETURN_IF_ERROR(executable->invoke(*package->manifest().findFunction(name), std::span(&input, 1),
                                              std::span(&output, 1), nullptr));
    if (profile) {
      ASHLAR_ASSIGN_OR_RETURN(*profile, executable->profile());
    }
    ASHLAR_RETURN_IF_ERROR(device->download(values.data(), out, 32, nullptr));
    device->release(in);
    device->release(out);
    return {};
  }

  int64_t clusterBlocks = 1;
  std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> doubled = {2, 4, 6, 8, 10, 12, 14, 16};
};
} // namespace

TEST_F(SimulatorDeviceTest, runs_a_package) {
  Status status = call("scale", {}, values);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(values, doubled);
}

TEST_F(SimulatorDeviceTest, counts_when_asked) {
  std::vector<StepProfile> profile;
  Status status = call("scale", {{"counters", "on"}, {"threads", "1"}}, values, &profile);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(profile.size(), 1u);
  std::map<std::string, int64_t> counters(profile[0].report.counters.begin(),
                                          profile[0].report.counters.end());
  EXPECT_EQ(counters["global_bytes_read"], 32);
  EXPECT_EQ(counters["global_bytes_written"], 32);
  ASSERT_EQ(profile[0].report.sites.size(), 2u);
  EXPECT_TRUE(profile[0].report.findings.empty());
}

TEST_F(SimulatorDeviceTest, a_finding_fails_a_call_that_is_not_profiled) {
  // Without checks the ninth element lands in the allocation's padding and nothing is seen.
  Status status = call("overrun", {{"checks", "on"}}, values);
  EXPECT_EQ(status.code(), StatusCode::DeviceError);
  EXPECT_NE(status.message().find("step 0 (scale2_overrun_f32): the simulator found: out-of-bounds-global"),
            std::string::npos)
      << status.message();
}

TEST_F(SimulatorDeviceTest, a_finding_is_part_of_a_profile) {
  std::vector<StepProfile> profile;
  Status status = call("overrun", {{"checks", "on"}}, values, &profile);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(profile[0].report.findings.size(), 2u);
  EXPECT_EQ(values, doubled);
}

TEST_F(SimulatorDeviceTest, hands_tensor_maps_over) {
  // What the map describes is the kernel's to read: checks find nothing.
  Status status = call("by_map", {{"checks", "on"}}, values);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(values, doubled);
}

TEST_F(SimulatorDeviceTest, persistent_grids_by_its_multiprocessors) {
  for (auto [multiprocessors, grid] : {std::pair("1", 1u), {"3", 3u}, {"132", 4u}, {"1024", 4u}}) {
    std::vector<float> numbers = values;
    std::vector<StepProfile> profile;
    Status status = call("by_map", {{"multiprocessors", multiprocessors}}, numbers, &profile);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(numbers, doubled);
    EXPECT_EQ(profile[0].grid[0], grid);
  }
  EXPECT_EQ((*createDevice("sim"))->properties().multiprocessors, 132);
  ::setenv("ASHLAR_SIMULATOR_MULTIPROCESSORS", "7", 1);
  EXPECT_EQ((*createDevice("sim"))->properties().multiprocessors, 7);
  EXPECT_EQ((*createDevice("sim", {{"multiprocessors", "9"}}))->properties().multiprocessors, 9);
  ::setenv("ASHLAR_SIMULATOR_MULTIPROCESSORS", "0", 1);
  EXPECT_EQ(createDevice("sim").status().message(),
            "simulator option multiprocessors: '0' is no number from 1 to 1024");
  ::unsetenv("ASHLAR_SIMULATOR_MULTIPROCESSORS");
}

TEST_F(SimulatorDeviceTest, clusters) {
  for (int64_t blocks : {1, 2, 4}) {
    clusterBlocks = blocks;
    Status status = call("cluster_size", {{"checks", "on"}}, values);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(values, std::vector<float>(8, static_cast<float>(blocks)));
  }
  clusterBlocks = 16;
  EXPECT_EQ(call("scale", {}, values).message(),
            "function 'cluster_size': kernel 'cluster_size_f32' runs in clusters of 16 "
            "blocks, the simulator has at most 8");
}

TEST_F(SimulatorDeviceTest, options_are_checked) {
  EXPECT_EQ(createDevice("sim", {{"checks", "maybe"}}).status().message(),
            "simulator option checks: 'maybe' is neither on nor off");
  EXPECT_EQ(createDevice("sim", {{"async", "never"}}).status().message(),
            "simulator option async: 'never' is neither latest nor earliest");
  EXPECT_EQ(createDevice("sim", {{"threads", "-1"}}).status().code(), StatusCode::InvalidArgument);
  EXPECT_EQ(createDevice("sim:1").status().code(), StatusCode::NotFound);
}

TEST_F(SimulatorDeviceTest, auto_falls_back_to_it) {
  Expected<std::shared_ptr<Device>> device = createDevice("auto", {{"library", "/nonexistent/libcuda.so"}});
  ASSERT_TRUE(device) << device.status().message();
  EXPECT_EQ((*device)->properties().name, "simulator");
}
