//===-- HopperLaunchTest.cpp - tensor maps, clusters, programmatic launches ----===//
//
// What the driver is asked to encode and to launch, and when; what is refused, and how.
//
//===----------------------------------------------------------------------===//

#include "MockDevice.h"
#include "StubDriver.h"

#include "ashlar/Runtime/Executable.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::package;
using namespace ashlar::runtime;
using ashlar::test::makeHopperPackage;
using runtime::test::MockDevice;
using runtime::test::StubDriver;
using runtime::test::stubDriver;
using runtime::test::traceSince;

static Expected<std::unique_ptr<Executable>> load(PackageWriter writer, std::shared_ptr<Device> device) {
  Expected<std::vector<uint8_t>> bytes = writer.write();
  if (!bytes)
    return bytes.status();
  ASHLAR_ASSIGN_OR_RETURN(PackageReader reader, PackageReader::openBytes(*std::move(bytes)));
  return Executable::create(std::make_shared<const PackageReader>(std::move(reader)), std::move(device));
}

static size_t countLines(const std::string &text, const std::string &start) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    count += text.compare(at, start.size(), start) == 0;
  return count;
}

namespace {
/// `linear` of the sample on the stub, for N rows of 128 bytes into rows of 1024.
struct HopperLaunchTest : testing::Test {
  static constexpr int64_t maxRows = 40000;

  StubDriver &stub = stubDriver();
  size_t allocationsBefore = stub.liveAllocations();
  std::shared_ptr<Device> device;
  std::unique_ptr<Executable> executable;
  std::vector<void *> buffers;
  std::string loadTrace;

  Status open(PackageWriter writer = makeHopperPackage(),
              const std::string &driver = ashlar::test::stubDriverPath()) {
    ASHLAR_ASSIGN_OR_RETURN(device, createDevice("cuda:0", {{"library", driver}}));
    size_t start = std::string(stub.trace()).size();
    ASHLAR_ASSIGN_OR_RETURN(executable, load(std::move(writer), device));
    loadTrace = traceSince(start);
    return {};
  }

  void *allocate(int64_t bytes) {
    buffers.push_back(*device->allocate(bytes));
    return buffers.back();
  }

  /// Calls with `rows` rows and returns what the driver was asked for.
  std::string call(void *x, void *y, int64_t rows, Status *result = nullptr) {
    int64_t dims[] = {rows, 64};
    TensorBuffer input{x, rows * 128, dims}, output{y, rows * 1024, {}};
    size_t start = std::string(stub.trace()).size();
    Status status = executable->invoke(0, std::span(&input, 1), std::span(&output, 1), nullptr);
    if (result)
      *result = status;
    else
      EXPECT_TRUE(status.ok()) << status.message();
    return traceSince(start);
  }

  void TearDown() override {
    executable.reset();
    for (void *buffer : buffers)
      device->release(buffer);
    EXPECT_EQ(stub.violations(), 0u) << stub.trace();
    EXPECT_EQ(stub.liveAllocations(), allocationsBefore);
    EXPECT_EQ(stub.contextDepth(), 0u);
  }
};
} // namespace

TEST_F(HopperLaunchTest, what_no_call_changes_is_encoded_at_load) {
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(executable->target().name, "sm_90a");
  EXPECT_EQ(countLines(loadTrace, "cuTensorMapEncodeTiled"), 1u) << loadTrace;
  EXPECT_NE(
      loadTrace.find("extents=64,512 strides=128 box=64,128 steps=1,1 interleave=0 swizzle=3 l2=2 fill=0\n"),
      std::string::npos)
      << loadTrace;
  executable.reset();
  // With static sizes the arena is in place, too; it stays where it is.
  ASSERT_TRUE(open(makeHopperPackage(300)).ok());
  EXPECT_EQ(countLines(loadTrace, "cuTensorMapEncodeTiled"), 3u) << loadTrace;
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  std::string trace = call(x, y, 300);
  EXPECT_EQ(countLines(trace, "cuTensorMapEncodeTiled"), 2u) << "x and y\n" << trace;
}

TEST_F(HopperLaunchTest, the_driver_gets_what_the_plan_says) {
  ASSERT_TRUE(open().ok());
  void *x = allocate(maxRows * 128), *y = allocate(maxRows * 1024);
  ASSERT_TRUE(executable->reserve(0, std::array<int64_t, 1>{maxRows}).ok());
  std::string trace = call(x, y, 300);
  // Allocations are numbered: the weight, x, y, the arena.
  size_t first = trace.find("cuTensorMapEncodeTiled type=6 A");
  ASSERT_EQ(first, 0u) << trace;
  int number = std::atoi(trace.c_str() + 31);
  auto name = [&](int offset) { return "A" + std::to_string(number + offset); };
  std::string weight = name(-1), in = name(0), out = name(1), slot = name(2);
  auto tiled = [](const std::string &address, const std::string &extents, const std::string &stride) {
    return "cuTensorMapEncodeTiled type=6 " + address + " extents=" + extents + " strides=" + stride +
           " box=64,64 steps=1,1 interleave=0 swizzle=3 l2=2 fill=0\n";
  };
  std::string maps = tiled(in, "64,300", "128") + tiled(slot, "512,300", "1024"),
              more = tiled(slot, "512,300", "1024") + tiled(out, "512,300", "1024");
  std::string product = "cuLaunchKernelEx product grid=6,1,1 block=128,1,1 shared=100000 arguments=" + in +
                        "," + weight + "," + slot + ",300,map(" + in + "),map(" + weight + "),map(" + slot +
                        ") cluster=2,1,1\n",
              finish = "cuLaunchKernelEx finish grid=5,1,1 block=128,1,1 shared=100000 arguments=" + slot +
                       "," + out + ",300,map(" + slot + "),map(" + out + ") programmatic=1\n";
  EXPECT_EQ(trace, maps + product + more + finish);
  EXPECT_EQ(call(x, y, 300), product + finish) << "the same call again encodes nothing";
}

TEST_F(HopperLaunchTest, only_what_changes_is_encoded_again) {
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(executable->reserve(0, std::array<int64_t, 1>{maxRows}).ok());
  std::vector<void *> inputs;
  for (int i = 0; i < 5; ++i)
    inputs.push_back(allocate(300 * 128));
  void *y = allocate(300 * 1024);
  auto encodings = [&](void *x, int64_t rows) {
    return countLines(call(x, y, rows), "cuTensorMapEncodeTiled");
  };
  EXPECT_EQ(encodings(inputs[0], 300), 4u);
  EXPECT_EQ(encodings(inputs[1], 300), 1u) << "another input, the rest as before";
  EXPECT_EQ(encodings(inputs[0], 300), 0u) << "an input that was there before";
  EXPECT_EQ(encodings(inputs[0], 299), 4u) << "all but the weight";
  EXPECT_EQ(encodings(inputs[0], 299), 0u);
  // Four are kept; the fifth replaces the oldest.
  for (int i = 1; i < 5; ++i)
    EXPECT_EQ(encodings(inputs[i], 299), 1u);
  EXPECT_EQ(encodings(inputs[4], 299), 0u);
  EXPECT_EQ(encodings(inputs[1], 299), 0u);
  EXPECT_EQ(encodings(inputs[0], 299), 1u);
  // A larger arena lies elsewhere.
  EXPECT_EQ(encodings(inputs[0], 0), 0u) << "nothing is launched";
  EXPECT_EQ(encodings(inputs[0], 299), 0u);
}

TEST_F(HopperLaunchTest, a_captured_call_encodes_and_launches) {
  ASSERT_TRUE(open(makeHopperPackage(300)).ok());
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  stub.setCapturing(1);
  std::string trace = call(x, y, 300);
  stub.setCapturing(0);
  EXPECT_EQ(countLines(trace, "cuTensorMapEncodeTiled"), 2u);
  EXPECT_EQ(countLines(trace, "cuLaunchKernelEx"), 2u);
  EXPECT_EQ(countLines(trace, ""), 4u) << trace;
}

TEST_F(HopperLaunchTest, older_gpus_run_the_portable_plan) {
  stub.setCapability(80);
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(executable->target().name, "sm_80");
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  std::string trace = loadTrace + call(x, y, 300);
  EXPECT_EQ(countLines(trace, "cuLaunchKernel "), 2u) << trace;
  EXPECT_EQ(countLines(trace, "cuLaunchKernelEx"), 0u);
  EXPECT_EQ(countLines(trace, "cuTensorMap"), 0u);
  EXPECT_EQ(countLines(trace, "cuOccupancy"), 0u);
  // So they do where the driver refuses the code for Hopper.
  executable.reset();
  stub.setCapability(90);
  stub.rejectImage("// sm_90a", 222);
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(executable->target().name, "sm_80");
}

TEST_F(HopperLaunchTest, a_plan_for_hopper_is_refused_elsewhere) {
  auto message = [&](auto edit) {
    PackageWriter writer = makeHopperPackage();
    Function &function = writer.manifest().functions[0];
    edit(function.targetPlans[0].steps[0].launch, function.targetPlans[0].steps[1].launch);
    static_cast<Plan &>(function) = function.targetPlans[0];
    function.targetPlans.clear();
    return open(std::move(writer)).message();
  };
  stub.setCapability(89);
  EXPECT_EQ(message([](LaunchStep &, LaunchStep &) {}),
            "function 'linear': kernel 'product' uses block clusters, which GPUs have from compute "
            "capability 9.0 on; "
            "this one has 8.9");
  EXPECT_EQ(message([](LaunchStep &product, LaunchStep &) { product.cluster = {1, 1, 1}; }),
            "function 'linear': kernel 'product' uses tensor maps, which GPUs have from compute capability "
            "9.0 on; this "
            "one has 8.9");
  auto onlyProgrammatic = [](LaunchStep &product, LaunchStep &finish) {
    product.cluster = {1, 1, 1};
    product.arguments.resize(4);
    finish.arguments.resize(3);
  };
  EXPECT_EQ(message(onlyProgrammatic),
            "function 'linear': kernel 'finish' uses programmatic launches, which GPUs have "
            "from compute capability 9.0 on; this one has 8.9");
}

TEST_F(HopperLaunchTest, an_old_driver_is_named) {
  EXPECT_EQ(open(makeHopperPackage(), ashlar::test::stubOldDriverPath()).message(),
            "function 'linear': kernel 'product' uses block clusters, which need a driver with "
            "cuLaunchKernelEx; update "
            "the driver");
  PackageWriter writer = makeHopperPackage();
  for (Step &step : writer.manifest().functions[0].targetPlans[0].steps) {
    step.launch.cluster = {1, 1, 1};
    step.launch.programmaticLaunch = false;
  }
  EXPECT_EQ(open(std::move(writer), ashlar::test::stubOldDriverPath()).message(),
            "function 'linear': kernel 'product' uses tensor maps, which need a driver with "
            "cuTensorMapEncodeTiled; "
            "update the driver");
}

TEST_F(HopperLaunchTest, clusters_that_do_not_fit_are_refused_at_load) {
  ASSERT_TRUE(open().ok());
  EXPECT_NE(
      loadTrace.find("cuOccupancyMaxActiveClusters product block=128,1,1 shared=100000 cluster=2,1,1\n"),
      std::string::npos)
      << loadTrace;
  EXPECT_EQ(countLines(loadTrace, "cuOccupancyMaxActiveClusters"), 1u) << "finish has none";
  executable.reset();
  stub.setActiveClusters(0);
  EXPECT_EQ(open().message(),
            "function 'linear': kernel 'product' runs in clusters of 2 blocks of 128 threads and 100000 "
            "bytes of dynamic shared memory, of which this device can run none");
  stub.failCall("cuOccupancyMaxActiveClusters", 0, 700);
  EXPECT_EQ(open().code(), StatusCode::DeviceError);
}

TEST_F(HopperLaunchTest, sizes_beyond_the_hardware_are_refused_before_anything_runs) {
  PackageWriter writer = makeHopperPackage();
  std::vector<Step> &steps = writer.manifest().functions[0].targetPlans[0].steps;
  steps[0].launch.arguments[3] = steps[1].launch.arguments[2] = Argument::i64(Expression::dim(0));
  ASSERT_TRUE(open(std::move(writer)).ok());
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  Status status;
  std::string trace = call(x, y, int64_t{1} << 33, &status);
  EXPECT_EQ(trace, "");
  EXPECT_EQ(status.code(), StatusCode::InvalidArgument);
  EXPECT_EQ(status.message(), "function 'linear', step 0 (product): argument 4: tensor map: extent "
                              "8589934592 of dimension 1 is not in 1 to "
                              "4294967296; call it with sizes that keep this limit of the hardware's tensor "
                              "copies, or compile the program "
                              "for a target without them (sm_80)");
  call(x, y, 300);
}

TEST_F(HopperLaunchTest, strides_of_a_call_are_checked) {
  PackageWriter writer = makeHopperPackage();
  LaunchStep &product = writer.manifest().functions[0].targetPlans[0].steps[0].launch;
  product.arguments[4].map.strides = {Expression::dim(0) * 8};
  ASSERT_TRUE(open(std::move(writer)).ok());
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  Status status;
  call(x, y, 13, &status);
  EXPECT_NE(status.message().find("argument 4: tensor map: stride 104 of dimension 1 is no multiple of 16"),
            std::string::npos)
      << status.message();
  // 14 rows 112 bytes apart end within x; 18 of 144 do not.
  call(x, y, 14);
  call(x, y, 18, &status);
  EXPECT_NE(status.message().find("the tensor reaches beyond its buffer of 2304 bytes"), std::string::npos)
      << status.message();
}

TEST_F(HopperLaunchTest, a_failed_encoding_leaves_nothing_behind) {
  ASSERT_TRUE(open().ok());
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  ASSERT_TRUE(executable->reserve(0, std::array<int64_t, 1>{300}).ok());
  for (int number = 1; number <= 4; ++number) {
    stub.failCall("cuTensorMapEncodeTiled", number, 700);
    Status status;
    call(x, y, 300 - number, &status);
    stub.failCall("cuTensorMapEncodeTiled", -1, 0);
    EXPECT_NE(status.message().find("cuTensorMapEncodeTiled: CUDA_ERROR_ILLEGAL_ADDRESS (700)"),
              std::string::npos);
    std::string trace = call(x, y, 300 - number);
    EXPECT_EQ(countLines(trace, "cuTensorMapEncodeTiled"), static_cast<size_t>(5 - number)) << trace;
  }
  executable.reset();
  stub.failCall("cuTensorMapEncodeTiled", 1, 700);
  EXPECT_EQ(
      open().message().find("function 'linear', step 0 (product): argument 5: cuTensorMapEncodeTiled: "), 0u)
      << "the weight's map is made at load";
}

TEST_F(HopperLaunchTest, every_parameter_reaches_the_driver) {
  int expected = 0;
  for (int64_t swizzle : {0, 32, 64, 128}) {
    PackageWriter writer = makeHopperPackage(300);
    TensorMapArgument &map = writer.manifest().functions[0].targetPlans[0].steps[0].launch.arguments[4].map;
    map.offset = 256;
    map.element = TensorMapElement::S32;
    map.extents = {6, 5, 4};
    map.strides = {32, 256};
    map.box = {4, 3, 2};
    map.elementStrides = {1, 2, 3};
    map.swizzle = swizzle;
    ASSERT_TRUE(open(std::move(writer)).ok());
    std::string trace = call(allocate(300 * 128), allocate(300 * 1024), 300);
    std::string first = trace.substr(0, trace.find('\n'));
    EXPECT_EQ(first.find("cuTensorMapEncodeTiled type=3 A"), 0u) << first;
    EXPECT_NE(first.find("+256 extents=6,5,4 strides=32,256 box=4,3,2 steps=1,2,3 interleave=0 swizzle=" +
                         std::to_string(expected++) + " l2=2 fill=0"),
              std::string::npos)
        << first;
  }
}

TEST_F(HopperLaunchTest, im2col_maps) {
  PackageWriter writer = makeHopperPackage(300);
  TensorMapArgument &map = writer.manifest().functions[0].targetPlans[0].steps[0].launch.arguments[4].map;
  map.extents = {64, 10, 6, 5};
  map.strides = {128, 1280, 7680};
  map.box.clear();
  map.elementStrides = {1, 2, 2, 1};
  map.im2col = Im2col{{-1, -1}, {-2, 0}, 64, 128};
  ASSERT_TRUE(open(std::move(writer)).ok());
  void *x = allocate(300 * 128), *y = allocate(300 * 1024);
  std::string trace = call(x, y, 300);
  EXPECT_NE(
      trace.find(" extents=64,10,6,5 strides=128,1280,7680 lower=-1,-1 upper=-2,0 channels=64 pixels=128 "
                 "steps=1,2,2,1 interleave=0 swizzle=3 l2=2 fill=0\n"),
      std::string::npos)
      << trace;
  EXPECT_EQ(countLines(trace, "cuTensorMapEncodeIm2col type=6 A"), 1u) << trace;
}

TEST(PersistentLaunch, grids_by_multiprocessors) {
  for (auto [multiprocessors, blocks, rows, grid] : {std::tuple(132, 1, 128 * 1000, 132),
                                                     {132, 2, 128 * 1000, 264},
                                                     {131, 1, 128 * 1000, 130},
                                                     {1, 1, 128 * 1000, 2},
                                                     {132, 1, 1, 2},
                                                     {132, 1, 128 * 66, 132},
                                                     {132, 1, 128 * 65, 130}}) {
    auto mock = std::make_shared<MockDevice>();
    mock->facts.capability = 90;
    mock->facts.multiprocessors = multiprocessors;
    PackageWriter writer = makeHopperPackage(rows);
    writer.manifest().functions[0].targetPlans[0].steps[0].launch.persistentBlocks = blocks;
    Expected<std::unique_ptr<Executable>> executable = load(std::move(writer), mock);
    ASSERT_TRUE(executable) << executable.status().message();
    TensorBuffer input{*mock->allocate(rows * 128), rows * 128, {}},
        output{*mock->allocate(rows * 1024), rows * 1024, {}};
    ASSERT_TRUE((*executable)->invoke(0, std::span(&input, 1), std::span(&output, 1), nullptr).ok());
    EXPECT_EQ(mock->launches[0].config.grid[0], static_cast<uint32_t>(grid))
        << multiprocessors << " " << rows;
    EXPECT_EQ(mock->launches[1].config.grid[0], static_cast<uint32_t>((rows + 63) / 64)) << "not persistent";
  }
}
