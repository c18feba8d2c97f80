//===-- MatmulTest.cpp - A tensor-core kernel, whole and with faults ------===//
//
// The clean kernel gives the right values and no report in both completion modes; each planted fault is
// found.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "MatmulKernel.h"
#include "ashlar/Support/ElementType.h"
#include <cmath>

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

struct Sizes {
  uint32_t m, n, k;
};

struct MatmulRun {
  LaunchResult result;
  float worstError = 0;
};

/// Small integers, so that every partial sum is exact and values can be compared exactly.
MatmulRun runMatmul(const MatmulKernel &kernel, Sizes sizes, const LaunchOptions &options) {
  KernelRunner runner(kernel.text());
  auto [m, n, k] = sizes;
  std::vector<uint16_t> a(size_t(m) * k), b(size_t(k) * n);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = floatToHalf(float(int(i * 7 % 11) - 5));
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = floatToHalf(float(int(i * 5 % 13) - 6));
  void *da = runner.upload(a), *db = runner.upload(b), *dc = runner.upload(std::vector<float>(size_t(m) * n));
  Dim3 grid = {(n + kernel.blockColumns() - 1) / kernel.blockColumns(),
               (m + kernel.blockRows() - 1) / kernel.blockRows(), 1};
  uint32_t shared = kernel.sharedBytes() - (kernel.fault == MatmulFault::TooFewSharedBytes ? 16 : 0);
  MatmulRun run;
  run.result =
      runner.run("matmul", grid, {MatmulKernel::threads, 1, 1}, shared, {&da, &db, &dc, &m, &n, &k}, options);
  std::vector<float> c = runner.download<float>(dc, size_t(m) * n);
  for (size_t i = 0; i < m; ++i)
    for (size_t j = 0; j < n; ++j) {
      float expected = 0;
      for (size_t l = 0; l < k; ++l)
        expected += halfToFloat(a[i * k + l]) * halfToFloat(b[l * n + j]);
      float error = std::fabs(c[i * n + j] - expected);
      run.worstError = std::isnan(error) ? NAN : std::max(run.worstError, error);
    }
  return run;
}

struct CleanMatmul : testing::TestWithParam<AsyncMode> {};

} // namespace

TEST_P(CleanMatmul, GivesExactValuesWithoutReports) {
  for (Sizes sizes : {Sizes{32, 64, 64}, Sizes{33, 72, 200}, Sizes{1, 8, 8}, Sizes{95, 136, 328}}) {
    MatmulRun run = runMatmul({}, sizes, checked(GetParam()));
    EXPECT_EQ(run.worstError, 0) << sizes.m << "x" << sizes.n << "x" << sizes.k;
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    EXPECT_TRUE(run.result.completed);
    EXPECT_EQ(run.result.traffic.bankConflicts, 0u);
  }
}

TEST_P(CleanMatmul, GivesTheSameWithoutChecksOnSeveralThreads) {
  LaunchOptions options;
  options.asyncMode = GetParam();
  options.threads = 3;
  MatmulRun run = runMatmul({}, {95, 136, 328}, options);
  EXPECT_EQ(run.worstError, 0);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
}

INSTANTIATE_TEST_SUITE_P(Modes, CleanMatmul, testing::Values(AsyncMode::Earliest, AsyncMode::Latest),
                         [](const auto &info) {
                           return info.param == AsyncMode::Earliest ? "Earliest" : "Latest";
                         });

TEST(MatmulCounters, CountTheTrafficOfTheTileSchedule) {
  LaunchResult result = runMatmul({}, {64, 128, 128}, checked()).result;
  // 2 x 2 blocks; each reads 32 x 128 of A and 128 x 64 of B in two steps, and writes its part of C.
  EXPECT_EQ(result.traffic.globalBytesRead, 4u * (32 * 128 + 128 * 64) * 2);
  EXPECT_EQ(result.traffic.globalSectorsRead * 32, result.traffic.globalBytesRead);
  EXPECT_EQ(result.traffic.globalBytesWritten, 64u * 128 * 4);
  // 4 blocks, 4 warps, 2 steps of depth 64, 4 of depth 16, 4 column tiles.
  EXPECT_EQ(result.instructions.mma, 4u * 4 * 2 * 4 * 4);
  EXPECT_EQ(result.instructions.ldmatrix, 4u * 4 * 2 * 4 * 3);
  EXPECT_EQ(result.instructions.barrier, 4u * 4 * 2 * 2);
  EXPECT_EQ(result.instructions.globalStore, 4u * 4 * 4 * 4);
}

TEST(MatmulFaults, MissingWaitIsReportedAndGivesNaNInLatestMode) {
  for (MatmulFault fault : {MatmulFault::NoWait, MatmulFault::WaitOneGroupTooFew}) {
    MatmulRun earliest = runMatmul({.fault = fault}, {32, 64, 128}, checked(AsyncMode::Earliest));
    EXPECT_TRUE(find(earliest.result, ReportKind::IncompleteCopy)) << texts(earliest.result);
    MatmulRun latest = runMatmul({.fault = fault}, {32, 64, 128}, checked(AsyncMode::Latest));
    EXPECT_TRUE(find(latest.result, ReportKind::IncompleteCopy)) << texts(latest.result);
    LaunchOptions unchecked;
    unchecked.asyncMode = AsyncMode::Latest;
    EXPECT_TRUE(std::isnan(runMatmul({.fault = fault}, {32, 64, 128}, unchecked).worstError));
  }
}

TEST(MatmulFaults, MissingBarrierBeforeUseIsARace) {
  MatmulRun run = runMatmul({.fault = MatmulFault::NoBarrierBeforeUse}, {32, 64, 128}, checked());
  // Depending on who runs first, others' copies are not complete, or complete but unordered.
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace) || find(run.result, ReportKind::IncompleteCopy) ||
              find(run.result, ReportKind::UninitializedShared))
      << texts(run.result);
}

TEST(MatmulFaults, MissingBarrierBeforeReuseIsARace) {
  MatmulRun run = runMatmul({.fault = MatmulFault::NoBarrierBeforeReuse}, {32, 64, 256}, checked());
  const Report *race = find(run.result, ReportKind::SharedRace);
  ASSERT_TRUE(race) << texts(run.result);
  EXPECT_EQ(race->operation, "nvvm.cp.async.shared.global");
  EXPECT_EQ(race->otherOperation, "nvvm.ldmatrix");
  EXPECT_NE(race->thread, race->otherThread);
  EXPECT_EQ(race->location.substr(0, 13), "kernels.mlir:");
}

TEST(MatmulFaults, OffByOneBoundIsOutOfBounds) {
  MatmulRun run = runMatmul({.fault = MatmulFault::OffByOneBound}, {31, 64, 64}, checked());
  const Report *report = find(run.result, ReportKind::OutOfBoundsGlobal);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->offset, 31 * 64 * 2);
  EXPECT_EQ(report->bytes, 16u);
}

TEST(MatmulFaults, TooLittleSharedMemoryIsOutOfBounds) {
  MatmulRun run = runMatmul({.fault = MatmulFault::TooFewSharedBytes}, {32, 64, 128}, checked());
  EXPECT_TRUE(find(run.result, ReportKind::OutOfBoundsShared)) << texts(run.result);
}

TEST(MatmulFaults, UnswizzledTilesHaveBankConflicts) {
  MatmulRun run = runMatmul({.fault = MatmulFault::NoSwizzle}, {32, 64, 64}, checked());
  EXPECT_EQ(run.worstError, 0);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  // Every ldmatrix of four matrices: 8 rows in one bank group instead of 8.
  EXPECT_EQ(run.result.traffic.bankConflicts, run.result.instructions.ldmatrix * 4 * 7);
  ASSERT_FALSE(run.result.sites.empty());
  EXPECT_EQ(run.result.sites.front().operation, "nvvm.ldmatrix");
}

TEST(MatmulFaults, DivergentBarrierIsReported) {
  MatmulRun run = runMatmul({.fault = MatmulFault::DivergentBarrier}, {32, 64, 64}, checked());
  const Report *report = find(run.result, ReportKind::BarrierDivergence);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "nvvm.barrier0");
}
