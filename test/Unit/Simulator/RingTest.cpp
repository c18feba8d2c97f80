//===-- RingTest.cpp - Copies by tensor maps through a ring of stages -----===//
//
// The correct ring gives the right values without a finding in both modes of completion; each planted fault
// is found.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "RingKernel.h"
#include "ashlar/Support/TensorMap.h"
#include <functional>

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

/// A row-major matrix of f32 with boxes of the ring's size.
TensorMap matrixMap(const void *address, uint64_t rows, uint32_t swizzleBytes) {
  const uint64_t extents[] = {RingKernel::columns, rows}, strides[] = {4 * RingKernel::columns};
  const uint32_t box[] = {RingKernel::columns, RingKernel::rows};
  TensorMapSource source{TensorMapElement::F32, reinterpret_cast<uint64_t>(address), extents, strides};
  source.swizzleBytes = swizzleBytes;
  auto map = tiledTensorMap(source, box);
  EXPECT_TRUE(map.ok()) << map.status().message();
  return *map;
}

struct RingRun {
  LaunchResult result;
  /// Elements that are not twice the input.
  uint32_t wrong = 0;
};

/// `missingRows`: the tensors end so many rows before the last box does.
RingRun runRing(KernelRunner &runner, uint32_t trips, AsyncMode mode, uint32_t missingRows = 0,
                float before = 0) {
  uint32_t rows = std::max(trips * RingKernel::rows - missingRows, 1u);
  std::vector<float> input(rows * RingKernel::columns);
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = float(i);
  void *in = runner.upload(input), *out = runner.upload(std::vector<float>(input.size(), before));
  TensorMap inMap = matrixMap(in, rows, 128), outMap = matrixMap(out, rows, 0);
  RingRun run;
  run.result = runner.run("ring", {1, 1, 1}, {RingKernel::threads, 1, 1}, RingKernel::sharedBytes,
                          {&trips, &inMap, &outMap}, checked(mode));
  std::vector<float> output = runner.download<float>(out, input.size());
  for (size_t i = 0; trips && i < input.size(); ++i)
    run.wrong += output[i] != 2 * input[i] + before;
  return run;
}

RingRun runRing(const RingKernel &kernel, uint32_t trips, AsyncMode mode, uint32_t missingRows = 0) {
  KernelRunner runner(kernel.text());
  return runRing(runner, trips, mode, missingRows);
}

constexpr AsyncMode bothModes[] = {AsyncMode::Earliest, AsyncMode::Latest};

} // namespace

TEST(Ring, ManyTripsAndStagesAreRightInBothModes) {
  for (uint32_t stages : {1u, 2u, 3u, 4u}) {
    KernelRunner runner(RingKernel{stages}.text());
    for (AsyncMode mode : bothModes)
      for (uint32_t trips : {0u, 1u, 2u, 3u, 7u, 16u}) {
        RingRun run = runRing(runner, trips, mode);
        EXPECT_TRUE(run.result.reports.empty()) << stages << " stages, " << trips << " trips\n"
                                                << texts(run.result);
        EXPECT_EQ(run.wrong, 0u) << stages << " stages, " << trips << " trips";
      }
  }
}

TEST(Ring, CountsWhatMoves) {
  RingRun run = runRing({2}, 5, AsyncMode::Earliest);
  EXPECT_EQ(run.result.instructions.tmaLoad, 5u);
  EXPECT_EQ(run.result.instructions.tmaStore, 5u);
  EXPECT_EQ(run.result.traffic.globalBytesRead, 5u * RingKernel::boxBytes);
  EXPECT_EQ(run.result.traffic.globalSectorsRead, 5u * RingKernel::boxBytes / 32);
  EXPECT_EQ(run.result.traffic.globalBytesWritten, 5u * RingKernel::boxBytes);
  // Initialisations by one thread, a wait and an arrival of producer and consumer a trip.
  EXPECT_EQ(run.result.instructions.mbarrier, 4u + 2 * 5 + 2 * 5);
}

TEST(Ring, BytesOutsideOfTheTensorAreZeroAndNotCounted) {
  for (AsyncMode mode : bothModes) {
    RingRun run = runRing({2}, 3, mode, /*missingRows=*/3);
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    EXPECT_EQ(run.wrong, 0u);
    EXPECT_EQ(run.result.traffic.globalBytesRead, 3u * RingKernel::boxBytes - 3 * 128);
    EXPECT_EQ(run.result.traffic.globalBytesWritten, 3u * RingKernel::boxBytes - 3 * 128);
  }
}

TEST(Ring, AddsInsteadOfStoring) {
  for (AsyncMode mode : bothModes) {
    RingKernel kernel{3};
    kernel.adds = true;
    KernelRunner runner(kernel.text());
    RingRun run = runRing(runner, 5, mode, 0, /*before=*/1.0f);
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    EXPECT_EQ(run.wrong, 0u);
  }
}

//===-- Planted faults ----------------------------------------------------===//

namespace {
struct FaultCase {
  RingFault fault;
  ReportKind kind;
  /// The mode in which the kind must come up; the other may find it as well.
  AsyncMode mode;
  /// What the operation of the report is, and that of the other party.
  const char *operation, *otherOperation;
  bool isStuck = false;
};

constexpr const char *load = "nvvm.cp.async.bulk.tensor.shared.cluster.global",
                     *store = "nvvm.cp.async.bulk.tensor.global.shared.cta",
                     *waitOperation = "nvvm.mbarrier.try_wait.parity";

const FaultCase faultCases[] = {
    {RingFault::NoWaitForData, ReportKind::IncompleteCopy, AsyncMode::Latest, "llvm.load", load},
    {RingFault::NoWaitForData, ReportKind::IncompleteCopy, AsyncMode::Earliest, "llvm.load", load},
    // The consumer runs before anything was copied.
    {RingFault::FlippedPhase, ReportKind::UninitializedShared, AsyncMode::Latest, "llvm.load", ""},
    {RingFault::NoWaitForStage, ReportKind::IncompleteCopy, AsyncMode::Earliest, load, load},
    {RingFault::FlippedStagePhase, ReportKind::Deadlock, AsyncMode::Earliest, waitOperation, "", true},
    {RingFault::ShortExpectation, ReportKind::Deadlock, AsyncMode::Earliest, waitOperation, "", true},
    {RingFault::LongExpectation, ReportKind::Deadlock, AsyncMode::Latest, waitOperation, "", true},
    {RingFault::EarlyRelease, ReportKind::SharedRace, AsyncMode::Earliest, load, "llvm.load"},
    {RingFault::NoWarpSync, ReportKind::SharedRace, AsyncMode::Earliest, load, "llvm.load"},
    {RingFault::NoReleaseFence, ReportKind::MissingProxyFence, AsyncMode::Earliest, load, "llvm.load"},
    {RingFault::NoStoreFence, ReportKind::MissingProxyFence, AsyncMode::Earliest, store, "llvm.store"},
    {RingFault::NoStoreSync, ReportKind::SharedRace, AsyncMode::Earliest, store, "llvm.store"},
    {RingFault::NoStoreWait, ReportKind::AsyncRace, AsyncMode::Earliest, "llvm.store", store},
    {RingFault::NoFinalStoreWait, ReportKind::AsyncRace, AsyncMode::Earliest, store, ""},
    {RingFault::NoInitFence, ReportKind::MissingProxyFence, AsyncMode::Earliest, load, "nvvm.mbarrier.init"},
    {RingFault::NoInitBarrier, ReportKind::SharedRace, AsyncMode::Earliest, waitOperation,
     "nvvm.mbarrier.init"},
    {RingFault::NoInit, ReportKind::MemoryBarrier, AsyncMode::Earliest, waitOperation, ""},
    {RingFault::InitTwice, ReportKind::MemoryBarrier, AsyncMode::Earliest, "nvvm.mbarrier.init",
     "nvvm.mbarrier.init"},
    {RingFault::StoreToBarrier, ReportKind::MemoryBarrier, AsyncMode::Earliest, "llvm.store", ""},
    {RingFault::TooManyArrivals, ReportKind::Deadlock, AsyncMode::Earliest, waitOperation, "", true},
    {RingFault::UnalignedBox, ReportKind::Misaligned, AsyncMode::Earliest, load, ""},
    {RingFault::OutOfShared, ReportKind::OutOfBoundsShared, AsyncMode::Earliest, load, ""},
};
} // namespace

TEST(Ring, EveryFaultIsFound) {
  for (const FaultCase &planted : faultCases) {
    RingRun run = runRing({2, planted.fault}, 7, planted.mode);
    auto matches = [&](const Report &report) {
      return report.kind == planted.kind && report.operation == planted.operation &&
             report.otherOperation == planted.otherOperation;
    };
    EXPECT_TRUE(std::any_of(run.result.reports.begin(), run.result.reports.end(), matches))
        << "fault " << int(planted.fault) << "\n"
        << texts(run.result);
    if (planted.isStuck)
      EXPECT_FALSE(run.result.completed) << "fault " << int(planted.fault);
  }
}

TEST(Ring, LateCompletionMakesFaultsVisibleInTheValues) {
  for (RingFault fault : {RingFault::NoWaitForData, RingFault::NoStoreWait})
    EXPECT_NE(runRing({2, fault}, 7, AsyncMode::Latest).wrong, 0u) << "fault " << int(fault);
}

TEST(Ring, ADeadlockNamesTheBarrierAndWhatItLacks) {
  RingRun run = runRing({2, RingFault::LongExpectation}, 3, AsyncMode::Earliest);
  const Report *report = find(run.result, ReportKind::Deadlock);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_NE(texts(run.result).find("the barrier at offset 10240, phase 0, lacks 0 arrivals and 16 bytes"),
            std::string::npos)
      << texts(run.result);
}

//===-- Maps --------------------------------------------------------------===//

namespace {
/// Three trips with maps and ranges that `spoil` may change.
LaunchResult
runSpoilt(const std::function<void(TensorMap &in, TensorMap &out, LaunchOptions &options)> &spoil) {
  KernelRunner runner(RingKernel{2}.text());
  uint32_t trips = 3, rows = trips * RingKernel::rows;
  void *in = runner.upload(std::vector<float>(rows * RingKernel::columns));
  void *out = runner.upload(std::vector<float>(rows * RingKernel::columns));
  TensorMap inMap = matrixMap(in, rows, 128), outMap = matrixMap(out, rows, 0);
  LaunchOptions options = checked();
  size_t bytes = rows * RingKernel::columns * 4;
  options.ranges = {{in, bytes, false}, {out, bytes, true}};
  spoil(inMap, outMap, options);
  return runner.run("ring", {1, 1, 1}, {RingKernel::threads, 1, 1}, RingKernel::sharedBytes,
                    {&trips, &inMap, &outMap}, options);
}
} // namespace

TEST(Ring, MapsMustBeValid) {
  LaunchResult result = runSpoilt([](TensorMap &, TensorMap &, LaunchOptions &) {});
  EXPECT_TRUE(result.reports.empty()) << texts(result);

  result = runSpoilt([](TensorMap &in, TensorMap &, LaunchOptions &) { in = {}; });
  const Report *report = find(result, ReportKind::InvalidTensorMap);
  ASSERT_TRUE(report) << texts(result);
  EXPECT_NE(report->detail.find("the argument is none"), std::string::npos);

  result = runSpoilt([](TensorMap &in, TensorMap &, LaunchOptions &) { in.rank = 1; });
  EXPECT_NE(texts(result).find("2 coordinates for a map of rank 1"), std::string::npos) << texts(result);

  result = runSpoilt([](TensorMap &, TensorMap &out, LaunchOptions &) {
    out.mode = TensorMapMode::Im2col;
    out.rank = 3;
    out.extents[2] = 1;
    out.elementStrides[2] = 1;
    out.channels = 32;
    out.pixels = 4;
  });
  EXPECT_TRUE(find(result, ReportKind::InvalidTensorMap)) << texts(result);
}

TEST(Ring, TensorsMustLieInMemoryOfTheLaunch) {
  LaunchResult result = runSpoilt([](TensorMap &in, TensorMap &, LaunchOptions &) { in.extents[1] += 4; });
  EXPECT_TRUE(result.reports.empty()) << texts(result); // no box reaches there
  result = runSpoilt([](TensorMap &in, TensorMap &, LaunchOptions &) { in.address += 128; });
  const Report *report = find(result, ReportKind::OutOfBoundsGlobal);
  ASSERT_TRUE(report) << texts(result);
  EXPECT_EQ(report->operation, load);
  EXPECT_EQ(report->offset, 12 * 128);
  result =
      runSpoilt([](TensorMap &, TensorMap &, LaunchOptions &options) { options.ranges[1].writable = false; });
  report = find(result, ReportKind::OutOfBoundsGlobal);
  ASSERT_TRUE(report) << texts(result);
  EXPECT_EQ(report->operation, store);
}
