//===-- ExecutableTest.cpp - tests of the launch-plan interpreter ---------===//
//
// On a device that records: arguments, shapes, the arena's growth, and that a call neither allocates nor waits.
//
//===----------------------------------------------------------------------===//

#include "MockDevice.h"

#include "ashlar/Runtime/Executable.h"
#include "test/lib/SamplePackages/SamplePackages.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

using namespace ashlar;
using namespace ashlar::package;
using namespace ashlar::runtime;
using runtime::test::MockDevice;
using runtime::test::MockLaunch;

/// Host allocations of this program, to show that calls make none.
static std::atomic<size_t> hostAllocations;

void *operator new(size_t bytes) {
  ++hostAllocations;
  if (void *memory = std::malloc(bytes))
    return memory;
  throw std::bad_alloc();
}
void *operator new(size_t bytes, std::align_val_t alignment) {
  ++hostAllocations;
  size_t unit = static_cast<size_t>(alignment);
  if (void *memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

static std::shared_ptr<const PackageReader> openWriter(PackageWriter writer) {
  Expected<std::vector<uint8_t>> bytes = writer.write();
  EXPECT_TRUE(bytes) << bytes.status().message();
  Expected<PackageReader> reader = PackageReader::openBytes(*std::move(bytes));
  EXPECT_TRUE(reader) << reader.status().message();
  return std::make_shared<const PackageReader>(*std::move(reader));
}

namespace {
/// The sample package on a mock, with aligned memory for tensors.
struct ExecutableTest : testing::Test {
  static constexpr unsigned scale = 0, scaleTwice = 1;

  void load(PackageWriter writer = ashlar::test::makeScalePackage()) {
    Expected<std::unique_ptr<Executable>> created = Executable::create(openWriter(std::move(writer)), mock);
    ASSERT_TRUE(created) << created.status().message();
    executable = *std::move(created);
  }

  Status callScaleTwice(int64_t n) {
    dims[0] = n;
    TensorBuffer in{input, sizeof(input), dims}, outs[] = {{output, sizeof(output), {}}, {copy, sizeof(copy), {}}};
    return executable->invoke(scaleTwice, std::span(&in, 1), outs, stream);
  }

  std::shared_ptr<MockDevice> mock = std::make_shared<MockDevice>();
  std::unique_ptr<Executable> executable;
  alignas(16) float input[1024] = {};
  alignas(16) float output[1024] = {};
  alignas(16) float copy[1024] = {};
  int64_t dims[1] = {};
  Stream stream = reinterpret_cast<Stream>(uintptr_t{77});
};
} // namespace

static uint64_t addressOf(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

TEST_F(ExecutableTest, arguments_grids_and_order) {
  load();
  EXPECT_EQ(executable->target().name, "sm_80");
  input[2] = 5;
  ASSERT_TRUE(callScaleTwice(300).ok());
  ASSERT_EQ(mock->launches.size(), 2u);
  const MockLaunch &first = mock->launches[0], &second = mock->launches[1];
  EXPECT_EQ(first.kernel, "scale2_f32");
  EXPECT_EQ(first.config.grid, (std::array<uint32_t, 3>{3, 1, 1}));
  EXPECT_EQ(first.config.block, (std::array<uint32_t, 3>{128, 1, 1}));
  EXPECT_EQ(first.config.dynamicSharedBytes, 65536u);
  EXPECT_EQ(first.stream, stream);
  ASSERT_EQ(first.arguments.size(), 3u);
  EXPECT_EQ(first.arguments[0], addressOf(input));
  EXPECT_EQ(first.arguments[2], 300u);
  // The slot lies in the arena; what one kernel writes the next one reads.
  void *slot = reinterpret_cast<void *>(first.arguments[1]);
  EXPECT_EQ(mock->live[slot], 1280);
  EXPECT_EQ(second.arguments[0], first.arguments[1]);
  EXPECT_EQ(second.arguments[1], addressOf(output));
  ASSERT_EQ(first.buffers.size(), 2u);
  EXPECT_FALSE(first.buffers[0].writable);
  EXPECT_TRUE(first.buffers[1].writable);
  EXPECT_EQ(first.buffers[1].bytes, 1200);
  EXPECT_EQ(mock->copies, std::vector<int64_t>{1200});
  EXPECT_EQ(copy[2], 5);
}

TEST_F(ExecutableTest, an_empty_tensor_launches_nothing) {
  load();
  ASSERT_TRUE(callScaleTwice(0).ok());
  EXPECT_TRUE(mock->launches.empty());
  EXPECT_TRUE(mock->copies.empty());
}

TEST_F(ExecutableTest, calls_allocate_nothing_and_never_wait) {
  load();
  ASSERT_TRUE(executable->reserve(scaleTwice, std::array<int64_t, 1>{1000}).ok());
  ASSERT_TRUE(callScaleTwice(10).ok());
  mock->recording = false;
  size_t deviceBefore = mock->allocations, waitsBefore = mock->waits;
  for (int64_t n : {10, 11, 999, 1000, 1, 0}) {
    size_t hostBefore = hostAllocations;
    Status status = callScaleTwice(n);
    EXPECT_EQ(hostAllocations, hostBefore) << n;
    EXPECT_TRUE(status.ok());
  }
  EXPECT_EQ(mock->allocations, deviceBefore);
  EXPECT_EQ(mock->waits, waitsBefore);
}

TEST_F(ExecutableTest, tensor_maps_allocate_nothing_either) {
  mock->facts.capability = 90;
  load(ashlar::test::makeHopperPackage());
  EXPECT_EQ(executable->target().name, "sm_90a");
  ASSERT_TRUE(executable->reserve(0, std::array<int64_t, 1>{64}).ok());
  mock->recording = false;
  alignas(16) static char rows[2][64 * 128], results[64 * 1024];
  for (int64_t n : {64, 63, 64, 1, 0, 64}) {
    int64_t sizes[] = {n, 64};
    TensorBuffer in{rows[n % 2], sizeof(rows[0]), sizes}, out{results, sizeof(results), {}};
    size_t hostBefore = hostAllocations, encodingsBefore = mock->encodings;
    Status status = executable->invoke(0, std::span(&in, 1), std::span(&out, 1), stream);
    EXPECT_EQ(hostAllocations, hostBefore) << n;
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(mock->encodings - encodingsBefore, n == 0 ? 0u : 4u) << n;
  }
}

TEST_F(ExecutableTest, the_arena_grows_once_and_only_upwards) {
  load();
  EXPECT_EQ(executable->arenaBytes(), 0);
  ASSERT_TRUE(callScaleTwice(100).ok());
  EXPECT_EQ(executable->arenaBytes(), 512);
  ASSERT_TRUE(callScaleTwice(200).ok());
  EXPECT_EQ(executable->arenaBytes(), 1024);
  EXPECT_EQ(mock->waits, 1u) << "the old arena may be in use";
  ASSERT_TRUE(callScaleTwice(10).ok());
  EXPECT_EQ(executable->arenaBytes(), 1024);
  ASSERT_TRUE(executable->reserve(scaleTwice, std::array<int64_t, 1>{1}).ok());
  EXPECT_EQ(executable->arenaBytes(), 1024);
  EXPECT_EQ(mock->live.size(), 2u) << "constants and one arena";
  executable.reset();
  EXPECT_TRUE(mock->live.empty());
}

TEST_F(ExecutableTest, maxima_size_the_arena_at_load) {
  PackageWriter writer = ashlar::test::makeScalePackage();
  writer.manifest().functions[scaleTwice].symbols[0].max = 1000;
  load(std::move(writer));
  EXPECT_EQ(executable->arenaBytes(), 4096);
  EXPECT_EQ(callScaleTwice(1001).message(), "dimension 'N' is 1001, outside 0..1000");
}

TEST_F(ExecutableTest, capture_forbids_growth_but_not_calls) {
  load();
  mock->capturing = true;
  Status status = callScaleTwice(100);
  EXPECT_EQ(status.code(), StatusCode::InvalidArgument);
  EXPECT_NE(status.message().find("call reserve with these dimensions before the capture"), std::string::npos);
  EXPECT_TRUE(mock->launches.empty());
  mock->capturing = false;
  ASSERT_TRUE(executable->reserve(scaleTwice, std::array<int64_t, 1>{100}).ok());
  mock->capturing = true;
  EXPECT_TRUE(callScaleTwice(100).ok());
}

TEST_F(ExecutableTest, memory_that_is_missing_leaves_a_usable_executable) {
  load();
  mock->memoryLimit = 600;
  Status status = callScaleTwice(1000);
  EXPECT_EQ(status.code(), StatusCode::OutOfMemory);
  EXPECT_EQ(status.message(), "the arena: the mock is full");
  EXPECT_TRUE(callScaleTwice(100).ok());
}

TEST_F(ExecutableTest, wrong_tensors_are_named) {
  load();
  auto call = [&](TensorBuffer in, TensorBuffer out) {
    return executable->invoke(scale, std::span(&in, 1), std::span(&out, 1), stream).message();
  };
  int64_t eight[] = {8}, nine[] = {9}, matrix[] = {2, 4};
  TensorBuffer good{output, 32, {}};
  EXPECT_EQ(call({input, 32, {}}, good), "");
  EXPECT_EQ(call({input, 32, eight}, {output, 32, eight}), "");
  EXPECT_EQ(call({input, 32, nine}, good), "input 0 ('x') has shape 9, expected 8xf32");
  EXPECT_EQ(call({input, 32, matrix}, good), "input 0 ('x') has shape 2x4, expected 8xf32");
  EXPECT_EQ(call({input, 31, {}}, good), "input 0 ('x') has 31 bytes of memory, its type needs 32");
  EXPECT_EQ(call({nullptr, 32, {}}, good), "input 0 ('x') has no memory (a null pointer)");
  EXPECT_EQ(call({input + 1, 32, {}}, good),
            "input 0 ('x') starts at an address that is no multiple of 16; copy it to an aligned buffer");
  EXPECT_EQ(call({input, 32, {}}, {output, 16, {}}), "output 0 ('y') has 16 bytes of memory, its type needs 32");
  EXPECT_EQ(call({input, 32, {}}, {output, 32, nine}), "output 0 ('y') has the wrong shape");
  EXPECT_EQ(executable->invoke(scale, {}, std::span(&good, 1), stream).message(),
            "function 'scale' takes 1 inputs, not 0");
  EXPECT_EQ(executable->invoke(scale, std::span(&good, 1), {}, stream).message(),
            "function 'scale' has 1 outputs, not 0");
  EXPECT_EQ(executable->invoke(99, {}, {}, stream).message(), "there is no function 99; the package has 6");
  EXPECT_EQ(callScaleTwice(-1).message(), "dimension 'N' is -1, outside 0..281474976710656");
  EXPECT_EQ(executable->reserve(scaleTwice, {}).message(), "function 'scale_twice' has 1 dimension symbols, not 0");
  EXPECT_EQ(executable->reserve(scaleTwice, std::array<int64_t, 1>{INT64_MAX}).code(), StatusCode::InvalidArgument);
}

TEST_F(ExecutableTest, symbols_must_agree_and_be_multiples) {
  Function function;
  function.name = "f";
  TensorType matrix{ElementType::F32, {Dim::dynamic(0), Dim::dynamic(0)}};
  function.inputs = {{"a", matrix, {}}};
  function.symbols = {{"N", 0, 0, 64, 4}};
  int64_t symbols[1];
  auto bind = [&](int64_t rows, int64_t columns) {
    int64_t sizes[] = {rows, columns};
    TensorBuffer buffer{nullptr, 0, sizes};
    return bindSymbols(function, std::span(&buffer, 1), symbols).message();
  };
  EXPECT_EQ(bind(8, 8), "");
  EXPECT_EQ(symbols[0], 8);
  EXPECT_EQ(bind(8, 4), "input 0 ('a') has shape 8x4, expected NxNxf32");
  EXPECT_EQ(bind(6, 6), "dimension 'N' is 6, which is no multiple of 4");
  EXPECT_EQ(bind(68, 68), "dimension 'N' is 68, outside 0..64");
}

TEST_F(ExecutableTest, sizes_that_kernels_rely_on_are_checked) {
  Function function;
  function.name = "f";
  function.inputs = {{"a", {ElementType::F32, {Dim::dynamic(0), Dim::dynamic(1)}}, {}},
                     {"b", {ElementType::F32, {Dim::dynamic(2)}}, {}}};
  function.symbols = {{"M", 0, 0, {}}, {"K", 0, 1, {}}, {"N", 1, 0, {}}};
  Expression m = Expression::dim(0), k = Expression::dim(1), n = Expression::dim(2);
  function.checks = {{SizeCheck::Relation::Equal, k, n, "kernel 'p' relies on it"},
                     {SizeCheck::Relation::Equal, m, 4, "kernel 'q' relies on it"},
                     {SizeCheck::Relation::AtMost, m * n, 40, "it is too large"}};
  int64_t symbols[3];
  auto bind = [&](int64_t rows, int64_t columns, int64_t length) {
    int64_t matrix[] = {rows, columns}, vector[] = {length};
    TensorBuffer buffers[] = {{nullptr, 0, matrix}, {nullptr, 0, vector}};
    return bindSymbols(function, buffers, symbols).message();
  };
  EXPECT_EQ(bind(4, 10, 10), "");
  EXPECT_EQ(bind(4, 10, 9),
            "function 'f': dimension 1 of input 0 ('a') is 10 and dimension 0 of input 1 ('b') is 9, but "
            "they must be equal: kernel 'p' relies on it");
  EXPECT_EQ(bind(5, 7, 7),
            "function 'f': dimension 0 of input 0 ('a') is 5, but must be 4: kernel 'q' relies on it");
  EXPECT_EQ(bind(4, 11, 11),
            "function 'f': what follows from dimension 0 of input 0 ('a') and dimension 0 of input 1 "
            "('b') is 44, but must be at most 40: it is too large");
  function.checks = {{SizeCheck::Relation::Equal, Expression::ceilDiv(m, n), 1, "kernel 'p' relies on it"}};
  EXPECT_EQ(bind(4, 0, 0), "function 'f', kernel 'p' relies on it: division by 0; the divisor must be at least 1");
}

TEST_F(ExecutableTest, plans_that_only_fail_at_a_size) {
  PackageWriter writer = ashlar::test::makeScalePackage();
  Function &function = writer.manifest().functions[scaleTwice];
  Expression n = Expression::dim(0);
  function.slots[0].size = n * 5;
  load(std::move(writer));
  EXPECT_TRUE(callScaleTwice(8).ok());
  Status status = callScaleTwice(64);
  EXPECT_NE(status.message().find("the size of an arena slot is 320, outside 0..256"), std::string::npos)
      << status.message();
  EXPECT_TRUE(callScaleTwice(8).ok());
}

TEST_F(ExecutableTest, a_failing_launch_names_its_step) {
  load();
  mock->launchStatus = deviceError("cuLaunchKernel: broken");
  EXPECT_EQ(callScaleTwice(1).message(), "function 'scale_twice', step 0 (scale2_f32): cuLaunchKernel: broken");
}

TEST_F(ExecutableTest, profiles) {
  load();
  EXPECT_TRUE(executable->profile()->empty());
  ASSERT_TRUE(executable->setProfiling(true).ok());
  ASSERT_TRUE(callScaleTwice(300).ok());
  Expected<std::vector<StepProfile>> profile = executable->profile();
  ASSERT_TRUE(profile);
  ASSERT_EQ(profile->size(), 3u);
  EXPECT_EQ((*profile)[0].name, "scale2_f32");
  EXPECT_EQ((*profile)[0].milliseconds, 1);
  EXPECT_EQ((*profile)[0].grid[0], 3u);
  EXPECT_EQ((*profile)[1].report.counters[0].second, 2);
  EXPECT_EQ((*profile)[2].name, "copy");
  ASSERT_TRUE(callScaleTwice(0).ok());
  EXPECT_TRUE((*executable->profile())[0].skipped);
  mock->capturing = true;
  EXPECT_FALSE(callScaleTwice(300).ok());
  ASSERT_TRUE(executable->setProfiling(false).ok());
  EXPECT_TRUE(callScaleTwice(300).ok());
}

TEST_F(ExecutableTest, no_image_for_the_device) {
  mock->facts.capability = 75;
  Expected<std::unique_ptr<Executable>> created = Executable::create(openWriter(ashlar::test::makeScalePackage()), mock);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.status().code(), StatusCode::Unsupported);
  EXPECT_EQ(created.status().message(), "no image of the package runs on mock (compute capability 7.5); the package "
                                        "has: sm_90a, sm_80; compile it for this device with --target");
}

TEST_F(ExecutableTest, functions_that_only_copy_need_no_image) {
  PackageWriter writer;
  Function function = ashlar::test::makeScalePackage().manifest().functions[scaleTwice];
  function.steps.erase(function.steps.begin(), function.steps.begin() + 2);
  writer.manifest().functions = {function, function};
  writer.manifest().functions[0].name = "first";
  load(std::move(writer));
  EXPECT_EQ(executable->target().name, "none");
  EXPECT_TRUE(callScaleTwice(3).ok());
  EXPECT_EQ(mock->copies, std::vector<int64_t>{12});
}
