//===-- CudaDeviceTest.cpp - tests of the CUDA device on the stub ---------===//
//
// Order and arguments of driver calls, image choice with fall-back, every error path, and that nothing leaks.
//
//===----------------------------------------------------------------------===//

#include "StubDriver.h"

#include "ashlar/Runtime/Executable.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::package;
using namespace ashlar::runtime;
using runtime::test::StubDriver;
using runtime::test::stubDriver;
using runtime::test::traceSince;

static std::shared_ptr<const PackageReader> samplePackage(PackageWriter writer = ashlar::test::makeScalePackage()) {
  return std::make_shared<const PackageReader>(*PackageReader::openBytes(*writer.write()));
}

static Expected<std::shared_ptr<Device>> openDevice(const std::string &name = "cuda:0") {
  return createDevice(name, {{"library", ashlar::test::stubDriverPath()}});
}

namespace {
struct CudaDeviceTest : testing::Test {
  StubDriver &stub = stubDriver();
  size_t allocationsBefore = stub.liveAllocations(), modulesBefore = stub.liveModules(),
         eventsBefore = stub.liveEvents();

  void TearDown() override {
    EXPECT_EQ(stub.violations(), 0u) << stub.trace();
    EXPECT_EQ(stub.liveAllocations(), allocationsBefore);
    EXPECT_EQ(stub.liveModules(), modulesBefore);
    EXPECT_EQ(stub.liveEvents(), eventsBefore);
    EXPECT_EQ(stub.contextDepth(), 0u) << "each push has its pop";
  }
};

/// An executable and buffers for `scale_twice` on 300 elements.
struct Call {
  std::shared_ptr<Device> device;
  std::unique_ptr<Executable> executable;
  std::vector<void *> buffers;
  int64_t dims[1] = {300};

  Status open(PackageWriter writer = ashlar::test::makeScalePackage()) {
    ASHLAR_ASSIGN_OR_RETURN(device, openDevice());
    ASHLAR_ASSIGN_OR_RETURN(executable, Executable::create(samplePackage(std::move(writer)), device));
    for (int i = 0; i < 3; ++i) {
      ASHLAR_ASSIGN_OR_RETURN(void *buffer, device->allocate(1200));
      buffers.push_back(buffer);
    }
    return executable->reserve(1, dims);
  }
  Status invoke() {
    TensorBuffer input{buffers[0], 1200, dims}, outputs[] = {{buffers[1], 1200, {}}, {buffers[2], 1200, {}}};
    return executable->invoke(1, std::span(&input, 1), outputs, reinterpret_cast<Stream>(uintptr_t{64}));
  }
  ~Call() {
    for (void *buffer : buffers)
      device->release(buffer);
  }
};
} // namespace

TEST_F(CudaDeviceTest, properties) {
  Expected<std::shared_ptr<Device>> device = openDevice();
  ASSERT_TRUE(device) << device.status().message();
  EXPECT_EQ((*device)->properties().name, "stub GPU 0");
  EXPECT_EQ((*device)->properties().capability, 90);
  EXPECT_EQ((*device)->properties().multiprocessors, 132);
  EXPECT_EQ((*device)->properties().sharedBytesPerBlock, 227 * 1024);
  EXPECT_EQ((*device)->properties().memoryBytes, int64_t{80} << 30);
}

TEST_F(CudaDeviceTest, devices_that_are_not_there) {
  EXPECT_EQ(openDevice("cuda:1").status().message(), "there is no device cuda:1; the driver has 1 device");
  EXPECT_EQ(openDevice("cuda:x").status().message(), "device 'cuda:x': expected a number after 'cuda:'");
  EXPECT_EQ(openDevice("cuda:-1").status().code(), StatusCode::InvalidArgument);
  EXPECT_EQ(openDevice("tpu").status().code(), StatusCode::NotFound);
  Status noDriver = createDevice("cuda", {{"library", "/nonexistent/libcuda.so"}}).status();
  EXPECT_EQ(noDriver.code(), StatusCode::NotFound);
  EXPECT_EQ(noDriver.message().find("no CUDA driver: cannot load '/nonexistent/libcuda.so'"), 0u);
  stub.setDeviceCount(0);
  EXPECT_EQ(openDevice().status().message(), "there is no device cuda:0; the driver has 0 devices");
}

TEST_F(CudaDeviceTest, a_library_that_is_no_driver) {
  Status status = createDevice("cuda", {{"library", "libm.so.6"}}).status();
  EXPECT_EQ(status.code(), StatusCode::Unsupported);
}

TEST_F(CudaDeviceTest, order_of_calls_at_load) {
  Expected<std::shared_ptr<Device>> device = openDevice();
  ASSERT_TRUE(device);
  size_t start = std::string(stub.trace()).size();
  auto package = samplePackage();
  Expected<std::unique_ptr<Executable>> executable = Executable::create(package, *device);
  ASSERT_TRUE(executable) << executable.status().message();
  EXPECT_EQ((*executable)->target().name, "sm_90a");
  std::string trace = traceSince(start);
  EXPECT_EQ(trace.find("cuModuleLoadDataEx \"// sm_90a\"\n"
                       "cuModuleGetFunction scale2_f32\n"
                       "cuFuncGetAttribute scale2_f32 0\n"
                       "cuFuncGetAttribute scale2_f32 1\n"
                       "cuFuncSetAttribute scale2_f32 8=65536\n"),
            0u)
      << trace;
  EXPECT_NE(trace.find("cuMemAlloc_v2 1000\ncuMemcpyHtoDAsync_v2 A"), std::string::npos) << trace;
  EXPECT_EQ(trace.find("cuFuncSetAttribute scale2_overrun_f32"), std::string::npos) << "48 KB need no opt-in";
}

TEST_F(CudaDeviceTest, an_invocation_launches_and_nothing_else) {
  Call call;
  ASSERT_TRUE(call.open().ok());
  std::vector<float> values(300, 1.5f);
  ASSERT_TRUE(call.device->upload(call.buffers[0], values.data(), 1200, nullptr).ok());
  for (int round = 0; round < 2; ++round) {
    size_t start = std::string(stub.trace()).size();
    ASSERT_TRUE(call.invoke().ok());
    std::string trace = traceSince(start);
    // Addresses are numbered by allocation: constants, three buffers, arena.
    size_t a = trace.find("arguments=A") + 11;
    int first = std::atoi(trace.c_str() + a);
    auto name = [&](int offset) { return "A" + std::to_string(first + offset); };
    std::string in = name(0), out = name(1), copy = name(2), arena = name(3);
    EXPECT_EQ(trace, "cuLaunchKernel scale2_f32 grid=3,1,1 block=128,1,1 shared=65536 stream=64 arguments=" + in +
                         "," + arena + ",300\n" +
                         "cuLaunchKernel scale2_f32 grid=3,1,1 block=128,1,1 shared=65536 stream=64 arguments=" +
                         arena + "," + out + ",300\n" + "cuMemcpyDtoDAsync_v2 " + copy + " " + in +
                         " 1200 stream=64\n");
  }
  ASSERT_TRUE(call.device->download(values.data(), call.buffers[1], 1200, nullptr).ok());
  EXPECT_EQ(values, std::vector<float>(300, 6.0f));
}

TEST_F(CudaDeviceTest, images_by_capability) {
  for (auto [capability, name] : {std::pair(80, "sm_80"), {86, "sm_80"}, {90, "sm_90a"}, {100, "sm_80"}}) {
    stub.setCapability(capability);
    Expected<std::shared_ptr<Device>> device = openDevice();
    ASSERT_TRUE(device);
    Expected<std::unique_ptr<Executable>> executable = Executable::create(samplePackage(), *device);
    ASSERT_TRUE(executable) << executable.status().message();
    EXPECT_EQ((*executable)->target().name, name) << capability;
  }
  stub.setCapability(75);
  EXPECT_EQ(Executable::create(samplePackage(), *openDevice()).status().code(), StatusCode::Unsupported);
}

TEST_F(CudaDeviceTest, plans_by_image) {
  PackageWriter writer = ashlar::test::makeScalePackage();
  Function &function = writer.manifest().functions[1];
  TargetPlan plan;
  plan.target = "sm_90a";
  plan.arenaSize = 65536;
  plan.steps = {function.steps[2], function.steps[2]};
  function.targetPlans = {plan};
  for (auto [capability, arena] : {std::pair(90, 65536), {80, 0}}) {
    stub.setCapability(capability);
    Expected<std::unique_ptr<Executable>> executable = Executable::create(samplePackage(writer), *openDevice());
    ASSERT_TRUE(executable) << executable.status().message();
    ASSERT_TRUE((*executable)->reserve(1, std::array<int64_t, 1>{0}).ok());
    EXPECT_EQ((*executable)->arenaBytes(), arena);
  }
}

TEST_F(CudaDeviceTest, an_image_the_driver_refuses_leaves_the_next) {
  stub.rejectImage("// sm_90a", 222);
  Expected<std::unique_ptr<Executable>> executable = Executable::create(samplePackage(), *openDevice());
  ASSERT_TRUE(executable) << executable.status().message();
  EXPECT_EQ((*executable)->target().name, "sm_80");
  stub.rejectImage("//", 222);
  Status status = Executable::create(samplePackage(), *openDevice()).status();
  EXPECT_EQ(status.code(), StatusCode::Unsupported);
  EXPECT_NE(status.message().find("; sm_90a: cuModuleLoadDataEx: CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222): no "
                                  "description; the driver says: the stub was told to reject it; sm_80: "),
            std::string::npos)
      << status.message();
}

TEST_F(CudaDeviceTest, every_call_may_fail_while_loading) {
  // Fails the Nth call of each function in turn, until loading and calling succeed: always a status, never a leak.
  int failures = 0;
  for (const char *function :
       {"cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2", "cuDeviceGetAttribute",
        "cuDevicePrimaryCtxRetain", "cuModuleLoadDataEx", "cuModuleGetFunction", "cuFuncGetAttribute",
        "cuFuncSetAttribute", "cuMemAlloc_v2",
        "cuMemcpyHtoDAsync_v2", "cuStreamSynchronize", "cuLaunchKernel", "cuMemcpyDtoDAsync_v2"})
    for (int number = 1; number < 100; ++number) {
      stub.reset();
      stub.failCall(function, number, 700);
      Call call;
      Status status = call.open();
      if (status.ok())
        status = call.invoke();
      stub.failCall(function, -1, 0);
      if (status.ok()) {
        EXPECT_GT(number, 1) << function << " was never called";
        break;
      }
      ++failures;
      EXPECT_NE(status.message().find("CUDA_ERROR_ILLEGAL_ADDRESS (700)"), std::string::npos) << status.message();
      EXPECT_EQ(status.code(), StatusCode::DeviceError);
    }
  EXPECT_GT(failures, 25);
}

TEST_F(CudaDeviceTest, out_of_memory_is_told_apart) {
  Expected<std::shared_ptr<Device>> device = openDevice();
  ASSERT_TRUE(device);
  stub.failCall("cuMemAlloc_v2", 0, 2);
  Status status = (*device)->allocate(4096).status();
  EXPECT_EQ(status.code(), StatusCode::OutOfMemory);
  EXPECT_EQ(status.message(), "cannot allocate 4096 bytes on stub GPU 0: cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (2): out "
                              "of memory");
}

TEST_F(CudaDeviceTest, kernels_that_are_missing_or_too_large) {
  PackageWriter missing = ashlar::test::makeScalePackage();
  missing.manifest().kernels[0].name = "other";
  Status status = Executable::create(samplePackage(std::move(missing)), *openDevice()).status();
  EXPECT_EQ(status.message().find("function 'scale': kernel 'other': cuModuleGetFunction: "), 0u) << status.message();
  PackageWriter large = ashlar::test::makeScalePackage();
  large.manifest().functions[0].steps[0].launch.dynamicSharedBytes = 228 * 1024;
  status = Executable::create(samplePackage(std::move(large)), *openDevice()).status();
  EXPECT_EQ(status.message(), "function 'scale': kernel 'scale2_f32' needs 233472 bytes of shared memory a block, the "
                              "device has 232448");
}

TEST_F(CudaDeviceTest, kernels_with_limits_of_their_own) {
  auto create = [&](const std::string &entry) {
    PackageWriter writer;
    writer.manifest() = ashlar::test::makeScalePackage().manifest();
    Manifest &manifest = writer.manifest();
    manifest.targets.clear();
    manifest.constants.clear();
    manifest.kernels.resize(1);
    manifest.kernels[0].resources.clear();
    manifest.functions.resize(1);
    writer.addTarget({"sm_80", "", ImageKind::Ptx, 80, false}, entry);
    return Executable::create(samplePackage(std::move(writer)), *openDevice()).status().message();
  };
  EXPECT_EQ(create(".entry scale2_f32(u64, u64, u32)"), "");
  EXPECT_EQ(create(".entry scale2_f32(u64, u64, u32) .maxntid 64"),
            "function 'scale': kernel 'scale2_f32' runs with at most 64 threads a block on this device, the plan has 128");
  EXPECT_EQ(create(".entry scale2_f32(u64, u64, u32) .shared 180000"),
            "function 'scale': kernel 'scale2_f32' needs 245536 bytes of shared memory a block, the device has 232448");
}

TEST_F(CudaDeviceTest, a_kernel_that_is_launched_with_several_sizes) {
  PackageWriter writer = ashlar::test::makeScalePackage();
  Function &function = writer.manifest().functions[1];
  function.steps[0].launch.dynamicSharedBytes = 200000;
  function.steps[1].launch.dynamicSharedBytes = 60000;
  Call call;
  ASSERT_TRUE(call.open(std::move(writer)).ok());
  EXPECT_TRUE(call.invoke().ok()) << "the smaller size must not take the larger one back";
}

TEST_F(CudaDeviceTest, clusters_go_through_the_extended_launch) {
  PackageWriter writer = ashlar::test::makeScalePackage();
  LaunchStep &launch = writer.manifest().functions[1].steps[0].launch;
  launch.grid[0] = 16;
  launch.cluster = {16, 1, 1};
  Call call;
  ASSERT_TRUE(call.open(std::move(writer)).ok());
  EXPECT_NE(std::string(stub.trace()).find("cuFuncSetAttribute scale2_f32 14=1"), std::string::npos);
  size_t start = std::string(stub.trace()).size();
  ASSERT_TRUE(call.invoke().ok());
  std::string trace = traceSince(start);
  EXPECT_EQ(trace.find("cuLaunchKernelEx scale2_f32 grid=16,1,1 block=128,1,1 shared=65536 stream=64"), 0u) << trace;
  EXPECT_NE(trace.find(",300 cluster=16,1,1\ncuLaunchKernel scale2_f32"), std::string::npos) << trace;
}

TEST_F(CudaDeviceTest, capture_needs_no_more_than_launches) {
  Call call;
  ASSERT_TRUE(call.open().ok());
  stub.setCapturing(1);
  EXPECT_TRUE(call.invoke().ok());
  call.dims[0] = 299;
  EXPECT_TRUE(call.invoke().ok());
  stub.setCapturing(0);
}

TEST_F(CudaDeviceTest, a_current_context_is_left_alone) {
  // The stub counts it as a violation when the current context is pushed again.
  stub.setCurrent(1);
  {
    Call call;
    ASSERT_TRUE(call.open().ok());
    EXPECT_TRUE(call.invoke().ok());
    EXPECT_EQ(stub.contextDepth(), 1u);
  }
  EXPECT_EQ(stub.contextDepth(), 1u);
  stub.setCurrent(0);
}

TEST_F(CudaDeviceTest, profiles_use_events) {
  Call call;
  ASSERT_TRUE(call.open().ok());
  ASSERT_TRUE(call.executable->setProfiling(true).ok());
  ASSERT_TRUE(call.invoke().ok());
  Expected<std::vector<StepProfile>> profile = call.executable->profile();
  ASSERT_TRUE(profile);
  ASSERT_EQ(profile->size(), 3u);
  EXPECT_EQ((*profile)[1].milliseconds, 1);
}
