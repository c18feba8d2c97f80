//===-- SpecializedMatmulTest.cpp - A warp-specialised product ------------===//
//
// Tensor maps, memory barriers and products of warp groups together: the correct kernel gives exact values
// without a finding in both modes of completion; each planted fault is found.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "SpecializedMatmulKernel.h"
#include "ashlar/Support/ElementType.h"
#include "ashlar/Support/TensorMap.h"
#include <cmath>

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

using Fault = SpecializedMatmulFault;
using Kernel = SpecializedMatmulKernel;

/// A row-major matrix of bf16, in boxes of 64 columns.
TensorMap matrixMap(const void *address, uint64_t rows, uint64_t columns, uint32_t boxRows) {
  const uint64_t extents[] = {columns, rows}, strides[] = {2 * columns};
  const uint32_t box[] = {64, boxRows};
  TensorMapSource source{TensorMapElement::BF16, reinterpret_cast<uint64_t>(address), extents, strides};
  source.swizzleBytes = 128;
  auto map = tiledTensorMap(source, box);
  EXPECT_TRUE(map.ok()) << map.status().message();
  return *map;
}

struct MatmulRun {
  LaunchResult result;
  double worstError = 0;
};

MatmulRun runMatmul(Fault fault, uint32_t steps, AsyncMode mode) {
  KernelRunner runner(Kernel{fault}.text());
  const uint32_t depth = steps * Kernel::depth;
  std::vector<float> a(Kernel::rows * depth), b(depth * Kernel::columns);
  std::vector<uint16_t> aBits, bBits;
  for (size_t i = 0; i < a.size(); ++i)
    aBits.push_back(floatToBFloat16(a[i] = float(int(i * 7 % 11) - 5)));
  for (size_t i = 0; i < b.size(); ++i)
    bBits.push_back(floatToBFloat16(b[i] = float(int(i * 5 % 13) - 6)));
  void *da = runner.upload(aBits), *db = runner.upload(bBits),
       *out = runner.upload(std::vector<float>(Kernel::rows * Kernel::columns));
  TensorMap aMap = matrixMap(da, Kernel::rows, depth, Kernel::rows),
            bMap = matrixMap(db, depth, Kernel::columns, Kernel::depth);
  MatmulRun run;
  run.result = runner.run("matmul", {1, 1, 1}, {Kernel::threads, 1, 1}, Kernel::sharedBytes,
                          {&steps, &aMap, &bMap, &out}, checked(mode));
  std::vector<float> d = runner.download<float>(out, Kernel::rows * Kernel::columns);
  for (uint32_t row = 0; row < Kernel::rows; ++row)
    for (uint32_t column = 0; column < Kernel::columns; ++column) {
      double expected = 0;
      for (uint32_t k = 0; k < depth; ++k)
        expected += a[row * depth + k] * b[k * Kernel::columns + column];
      double error = std::fabs(d[row * Kernel::columns + column] - expected);
      run.worstError = std::isnan(error) ? NAN : std::max(run.worstError, error);
    }
  return run;
}

constexpr AsyncMode bothModes[] = {AsyncMode::Earliest, AsyncMode::Latest};

} // namespace

TEST(SpecializedMatmul, IsRightWithoutFindingsInBothModes) {
  for (AsyncMode mode : bothModes)
    for (uint32_t steps : {1u, 2u, 7u}) {
      MatmulRun run = runMatmul(Fault::None, steps, mode);
      EXPECT_EQ(run.worstError, 0) << steps;
      EXPECT_TRUE(run.result.reports.empty()) << steps << "\n" << texts(run.result);
      EXPECT_EQ(run.result.instructions.wgmma, 2u * 4 * steps);
      EXPECT_EQ(run.result.instructions.tmaLoad, 3u * steps);
      EXPECT_EQ(run.result.traffic.sharedBytesMultiplied, 2u * 4 * steps * (64 + 128) * 32);
    }
}

TEST(SpecializedMatmul, EarlyReleaseOfAStageIsFound) {
  for (AsyncMode mode : bothModes) {
    MatmulRun run = runMatmul(Fault::EarlyRelease, 7, mode);
    const Report *race = find(run.result, ReportKind::AsyncRace);
    ASSERT_TRUE(race) << texts(run.result);
    EXPECT_EQ(race->operation, "nvvm.cp.async.bulk.tensor.shared.cluster.global");
    EXPECT_EQ(race->otherOperation, "ptx.wgmma");
  }
}

TEST(SpecializedMatmul, MissingWaitsAreFound) {
  for (AsyncMode mode : bothModes) {
    MatmulRun run = runMatmul(Fault::NoWaitForData, 3, mode);
    EXPECT_TRUE(find(run.result, ReportKind::IncompleteCopy) ||
                find(run.result, ReportKind::UninitializedShared))
        << texts(run.result);
    run = runMatmul(Fault::NoWaitForStage, 7, mode);
    EXPECT_FALSE(run.result.reports.empty());
  }
}
