//===-- CApiTest.cpp - tests of the C API ---------------------------------===//
//
// A whole run on the stub driver, queries, and every way to misuse a call.
//
//===----------------------------------------------------------------------===//

#include "StubDriver.h"

#include "ashlar-c/Runtime.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

using namespace ashlar;

namespace {
struct CApiTest : testing::Test {
  void SetUp() override {
    runtime::test::stubDriver();
    std::vector<uint8_t> bytes = *test::makeScalePackage().write();
    ASSERT_EQ(ashlarPackageLoadMemory(bytes.data(), bytes.size(), &package), ASHLAR_OK) << ashlarLastErrorMessage();
    std::string path = test::stubDriverPath();
    const char *options[] = {"library", path.c_str()};
    ASSERT_EQ(ashlarDeviceCreate("cuda:0", options, 1, &device), ASHLAR_OK) << ashlarLastErrorMessage();
    ASSERT_EQ(ashlarExecutableCreate(package, device, &executable), ASHLAR_OK) << ashlarLastErrorMessage();
  }
  void TearDown() override {
    ashlarExecutableDestroy(executable);
    ashlarDeviceDestroy(device);
    ashlarPackageDestroy(package);
  }

  AshlarPackage *package = nullptr;
  AshlarDevice *device = nullptr;
  AshlarExecutable *executable = nullptr;
};
} // namespace

TEST_F(CApiTest, runs_a_function) {
  float values[5] = {1, 2, 3, 4, 5}, results[5] = {};
  void *buffers[3];
  for (void *&buffer : buffers)
    ASSERT_EQ(ashlarDeviceAllocate(device, sizeof(values), &buffer), ASHLAR_OK);
  ASSERT_EQ(ashlarDeviceUpload(device, buffers[0], values, sizeof(values), nullptr), ASHLAR_OK);
  size_t function = 99;
  ASSERT_EQ(ashlarPackageFindFunction(package, "scale_twice", &function), ASHLAR_OK);
  int64_t dims[] = {5};
  AshlarTensor input = {buffers[0], sizeof(values), dims, 1};
  AshlarTensor outputs[] = {{buffers[1], sizeof(values), nullptr, 0}, {buffers[2], sizeof(values), dims, 1}};
  ASSERT_EQ(ashlarExecutableReserve(executable, function, dims, 1), ASHLAR_OK);
  ASSERT_EQ(ashlarExecutableSetProfiling(executable, 1), ASHLAR_OK);
  ASSERT_EQ(ashlarExecutableInvoke(executable, function, &input, 1, outputs, 2, nullptr), ASHLAR_OK)
      << ashlarLastErrorMessage();
  ASSERT_EQ(ashlarDeviceSynchronize(device, nullptr), ASHLAR_OK);
  ASSERT_EQ(ashlarDeviceDownload(device, results, buffers[1], sizeof(results), nullptr), ASHLAR_OK);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(results[i], 4 * values[i]);
  const AshlarStepProfile *steps = nullptr;
  size_t stepCount = 0;
  ASSERT_EQ(ashlarExecutableProfile(executable, &steps, &stepCount), ASHLAR_OK);
  ASSERT_EQ(stepCount, 3u);
  EXPECT_STREQ(steps[0].name, "scale2_f32");
  EXPECT_EQ(steps[0].block[0], 128u);
  EXPECT_STREQ(steps[2].name, "copy");
  EXPECT_STREQ(ashlarExecutableTarget(executable), "sm_90a");
  for (void *buffer : buffers)
    EXPECT_EQ(ashlarDeviceRelease(device, buffer), ASHLAR_OK);
}

TEST_F(CApiTest, objects_outlive_what_they_were_made_from) {
  ashlarDeviceDestroy(device);
  ashlarPackageDestroy(package);
  device = nullptr;
  package = nullptr;
  EXPECT_STREQ(ashlarExecutableTarget(executable), "sm_90a");
}

TEST_F(CApiTest, queries) {
  EXPECT_EQ(ashlarPackageFunctionCount(package), 6u);
  AshlarFunctionInfo function;
  ASSERT_EQ(ashlarPackageFunction(package, 1, &function), ASHLAR_OK);
  EXPECT_STREQ(function.name, "scale_twice");
  EXPECT_EQ(function.inputCount, 1u);
  EXPECT_EQ(function.outputCount, 2u);
  EXPECT_EQ(function.symbolCount, 1u);
  AshlarTensorInfo tensor;
  ASSERT_EQ(ashlarPackageInput(package, 1, 0, &tensor), ASHLAR_OK);
  EXPECT_STREQ(tensor.name, "x");
  EXPECT_EQ(tensor.elementType, ASHLAR_F32);
  ASSERT_EQ(tensor.rank, 1u);
  EXPECT_EQ(tensor.dims[0], -1);
  EXPECT_EQ(tensor.symbols[0], 0);
  ASSERT_EQ(ashlarPackageOutput(package, 5, 0, &tensor), ASHLAR_OK);
  EXPECT_EQ(tensor.elementType, ASHLAR_I4);
  EXPECT_EQ(tensor.dims[0], 5);
  EXPECT_EQ(tensor.symbols[0], -1);
  AshlarSymbolInfo symbol;
  ASSERT_EQ(ashlarPackageSymbol(package, 1, 0, &symbol), ASHLAR_OK);
  EXPECT_STREQ(symbol.name, "N");
  EXPECT_EQ(symbol.max, -1);
  EXPECT_EQ(symbol.multipleOf, 1);
  int64_t value = 7, dims[1] = {}, bytes = 0;
  ASSERT_EQ(ashlarPackageOutputSize(package, 1, 1, &value, 1, dims, &bytes), ASHLAR_OK);
  EXPECT_EQ(dims[0], 7);
  EXPECT_EQ(bytes, 28);
  AshlarDeviceInfo info;
  ASSERT_EQ(ashlarDeviceQuery(device, &info), ASHLAR_OK);
  EXPECT_EQ(info.capability, 90);
  EXPECT_NE(std::strstr(ashlarPackageManifest(package), "\"scale_twice\""), nullptr);
}

TEST_F(CApiTest, misuse_gives_a_status_and_a_message) {
  size_t index;
  AshlarPackage *none = nullptr;
  AshlarTensorInfo tensor;
  AshlarFunctionInfo function;
  AshlarSymbolInfo symbol;
  EXPECT_EQ(ashlarPackageLoadFile("/nonexistent.ashlar", &none), ASHLAR_NOT_FOUND);
  EXPECT_STREQ(ashlarLastErrorMessage(), "cannot open '/nonexistent.ashlar': No such file or directory");
  EXPECT_EQ(ashlarPackageLoadMemory("PK", 2, &none), ASHLAR_INVALID_PACKAGE);
  EXPECT_EQ(none, nullptr) << "outputs are written on success only";
  EXPECT_EQ(ashlarPackageFindFunction(package, "nothing", &index), ASHLAR_NOT_FOUND);
  EXPECT_EQ(ashlarPackageFunction(package, 6, &function), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageInput(package, 0, 1, &tensor), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageOutput(package, 99, 0, &tensor), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageSymbol(package, 0, 0, &symbol), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageOutputSize(package, 1, 0, nullptr, 1, nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageOutputSize(package, 1, 0, nullptr, 0, nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  int64_t negative = -1;
  EXPECT_EQ(ashlarPackageOutputSize(package, 1, 0, &negative, 1, nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableInvoke(executable, 0, nullptr, 1, nullptr, 1, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableInvoke(executable, SIZE_MAX, nullptr, 0, nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableInvoke(executable, 0, nullptr, SIZE_MAX, nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  AshlarTensor one = {};
  EXPECT_EQ(ashlarExecutableInvoke(executable, 0, &one, SIZE_MAX, nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  one.dims = &negative;
  one.rank = SIZE_MAX;
  EXPECT_EQ(ashlarExecutableInvoke(executable, 0, &one, 1, &one, 1, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableReserve(executable, 1, nullptr, 1), ASHLAR_INVALID_ARGUMENT);
  void *address = nullptr;
  EXPECT_EQ(ashlarDeviceAllocate(device, SIZE_MAX, &address), ASHLAR_OUT_OF_MEMORY);
  EXPECT_EQ(ashlarDeviceUpload(device, nullptr, nullptr, 4, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarDeviceUpload(device, nullptr, nullptr, 0, nullptr), ASHLAR_OK);
}

TEST_F(CApiTest, null_is_no_crash) {
  EXPECT_EQ(ashlarPackageLoadFile(nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageLoadMemory(nullptr, 1, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageFunctionCount(nullptr), 0u);
  EXPECT_STREQ(ashlarPackageManifest(nullptr), "");
  EXPECT_EQ(ashlarPackageFunction(nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarPackageInput(nullptr, 0, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarDeviceCreate(nullptr, nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  AshlarDevice *none = nullptr;
  EXPECT_EQ(ashlarDeviceCreate("cuda:0", nullptr, 1, &none), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarDeviceQuery(nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarDeviceAllocate(nullptr, 1, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarDeviceSynchronize(nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableCreate(nullptr, nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableInvoke(nullptr, 0, nullptr, 0, nullptr, 0, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_EQ(ashlarExecutableProfile(nullptr, nullptr, nullptr), ASHLAR_INVALID_ARGUMENT);
  EXPECT_STREQ(ashlarExecutableTarget(nullptr), "");
  ashlarPackageDestroy(nullptr);
  ashlarDeviceDestroy(nullptr);
  ashlarExecutableDestroy(nullptr);
}

TEST_F(CApiTest, messages_belong_to_threads) {
  size_t index;
  EXPECT_EQ(ashlarPackageFindFunction(package, "here", &index), ASHLAR_NOT_FOUND);
  std::thread([] { EXPECT_STREQ(ashlarLastErrorMessage(), ""); }).join();
  EXPECT_STREQ(ashlarLastErrorMessage(), "the package has no function 'here'");
}

TEST(CApi, version_is_the_projects) {
  EXPECT_STREQ(ashlarRuntimeVersionText(), ASHLAR_VERSION);
  int major = 0, minor = 0, patch = 0;
  ASSERT_EQ(std::sscanf(ASHLAR_VERSION, "%d.%d.%d", &major, &minor, &patch), 3);
  EXPECT_EQ(ashlarRuntimeVersion(), static_cast<uint32_t>(10000 * major + 100 * minor + patch));
  EXPECT_STREQ(ashlarStatusName(ASHLAR_INVALID_PACKAGE), "invalid-package");
}
