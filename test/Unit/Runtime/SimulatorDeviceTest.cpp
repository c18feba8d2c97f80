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

namespace {
struct SimulatorDeviceTest : testing::Test {
  void SetUp() override { registerSimulatorDevice(); }

  /// Loads the sample package onto a simulator and calls static function `name` on eight numbers.
  Status call(const std::string &name, const DeviceOptions &options, std::vector<float> &values,
              std::vector<StepProfile> *profile = nullptr) {
    ASHLAR_ASSIGN_OR_RETURN(PackageWriter writer, ashlar::test::makeScalePackageWithHostCode());
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
  std::map<std::string, int64_t> counters(profile[0].report.counters.begin(), profile[0].report.counters.end());
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
