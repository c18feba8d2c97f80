//===-- WgmmaTest.cpp - Kernels with products of a warp group -------------===//
//
// Clean kernels give exact values without findings in both completion modes; each planted fault is found.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "WgmmaKernel.h"
#include <cstring>
#include <random>

using namespace ashlar::simulator;
using namespace ashlar::test;

namespace {

struct ProductRun {
  LaunchResult result;
  double worstError = 0;
};

/// Matrices of all tiles, as numbers and as the kernel wants them.
struct Operands {
  std::vector<double> a, b;
  std::vector<uint8_t> image;
  std::vector<uint32_t> registers;

  explicit Operands(const WgmmaKernel &kernel)
      : image(size_t(kernel.tiles) * kernel.stageBytes()),
        registers(size_t(kernel.tiles) * kernel.a.stepCount() * WgmmaKernel::threads * 4) {
    std::mt19937 random(kernel.columns());
    for (uint32_t tile = 0; tile < kernel.tiles; ++tile) {
      uint8_t *stage = image.data() + tile * kernel.stageBytes();
      fill(kernel.aFormat, kernel.a, random, a, [&](uint32_t row, uint32_t k, uint32_t code) {
        if (kernel.aIsInRegisters)
          putInRegister(kernel, tile, row, k, code);
        else
          std::memcpy(stage + kernel.a.byteOf(row, k), &code, kernel.a.elementBytes);
      });
      fill(kernel.bFormat, kernel.b, random, b, [&](uint32_t column, uint32_t k, uint32_t code) {
        std::memcpy(stage + kernel.bOffset() + kernel.b.byteOf(column, k), &code, kernel.b.elementBytes);
      });
    }
  }
  template <typename Put>
  static void fill(const ElementFormat &format, const OperandLayout &layout, std::mt19937 &random,
                   std::vector<double> &values, Put put) {
    for (uint32_t index = 0; index < layout.extent; ++index)
      for (uint32_t k = 0; k < layout.depth; ++k) {
        uint32_t code = format.encode(int(random() % 15) - 7);
        values.push_back(format.decode(code));
        put(index, k, code);
      }
  }
  void putInRegister(const WgmmaKernel &kernel, uint32_t tile, uint32_t row, uint32_t k, uint32_t code) {
    uint32_t perStep = kernel.a.elementsOfStep(), p = 4 / kernel.a.elementBytes, within = k % perStep;
    uint32_t thread = row / 16 * 32 + row % 8 * 4 + within % (perStep / 2) / p;
    uint32_t r = within / (perStep / 2) * 2 + row % 16 / 8;
    registers[((tile * kernel.a.stepCount() + k / perStep) * WgmmaKernel::threads + thread) * 4 + r] |=
        code << (within % p * kernel.aFormat.bits);
  }
  double product(const WgmmaKernel &kernel, uint32_t row, uint32_t column) const {
    double sum = 0;
    for (uint32_t tile = 0; tile < kernel.tiles; ++tile)
      for (uint32_t k = 0; k < kernel.a.depth; ++k)
        sum += a[(tile * 64 + row) * kernel.a.depth + k] *
               b[(tile * kernel.columns() + column) * kernel.b.depth + k];
    return sum;
  }
};

/// A compiled kernel and its matrices.
class Product {
public:
  explicit Product(const WgmmaKernel &kernel) : kernel(kernel), operands(kernel), runner(kernel.text()) {}
  ProductRun run(const LaunchOptions &options);

private:
  const WgmmaKernel kernel;
  const Operands operands;
  KernelRunner runner;
};

ProductRun Product::run(const LaunchOptions &options) {
  const uint32_t count = kernel.columns() / 2;
  void *image = runner.upload(operands.image), *registers = runner.upload(operands.registers);
  void *out = runner.upload(std::vector<uint32_t>(128 * count, 0xffffffff));
  ProductRun run;
  run.result = runner.run("product", {1, 1, 1}, {128, 1, 1}, kernel.sharedBytes(), {&image, &registers, &out},
                          options);
  std::vector<uint32_t> words = runner.download<uint32_t>(out, 128 * count);
  for (uint32_t row = 0; row < 64; ++row)
    for (uint32_t column = 0; column < kernel.columns(); ++column) {
      uint32_t thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
      uint32_t word = words[thread * count + column / 8 * 4 + row % 16 / 8 * 2 + column % 2];
      double value = kernel.isInteger() ? double(int32_t(word)) : double(std::bit_cast<float>(word));
      double error = std::fabs(value - operands.product(kernel, row, column));
      run.worstError = std::isnan(error) ? NAN : std::max(run.worstError, error);
    }
  return run;
}

ProductRun runProduct(const WgmmaKernel &kernel, const LaunchOptions &options) {
  return Product(kernel).run(options);
}

/// 64 x n of bf16, 64 deep, in tiles as TMA stores them with a swizzle of 128 bytes.
WgmmaKernel bf16Kernel(uint32_t n, WgmmaFault fault = WgmmaFault::None) {
  return {bf16, bf16, {false, 128, 64, 64, 2}, {false, 128, n, 64, 2}, false, 3, fault};
}

WgmmaKernel withRegistersOfA(WgmmaKernel kernel) {
  kernel.aIsInRegisters = true;
  return kernel;
}

struct CleanWgmma : testing::TestWithParam<AsyncMode> {
  void expectClean(const WgmmaKernel &kernel) {
    std::string what = std::string(kernel.aFormat.name) + " " + kernel.bFormat.name + " n " +
                       std::to_string(kernel.columns()) + (kernel.aIsInRegisters ? " registers" : "");
    Product product(kernel);
    ProductRun run = product.run(checked(GetParam()));
    EXPECT_EQ(run.worstError, 0) << what;
    EXPECT_TRUE(run.result.reports.empty()) << what << "\n" << texts(run.result);
    EXPECT_TRUE(run.result.completed) << what;
    LaunchOptions unchecked;
    unchecked.asyncMode = GetParam();
    EXPECT_EQ(product.run(unchecked).worstError, 0) << what;
  }
};

} // namespace

TEST_P(CleanWgmma, MultipliesEveryWidth) {
  for (uint32_t n : {8u, 24u, 64u, 176u, 256u})
    expectClean(bf16Kernel(n));
}

TEST_P(CleanWgmma, TakesAFromRegisters) {
  for (uint32_t n : {8u, 176u})
    expectClean(withRegistersOfA(bf16Kernel(n)));
}

TEST_P(CleanWgmma, MultipliesEveryType) {
  struct Types {
    ElementFormat a, b;
  };
  for (const Types &types : {Types{f16, f16}, {tf32, tf32}, {e4m3, e4m3}, {e4m3, e5m2}, {e5m2, e5m2}, {s8, s8},
                             {s8, u8}, {u8, u8}}) {
    uint32_t bytes = types.a.bits / 8;
    WgmmaKernel kernel{types.a, types.b, {false, 64, 64, 64 / bytes, bytes}, {false, 64, 24, 64 / bytes, bytes}};
    expectClean(kernel);
    expectClean(withRegistersOfA(kernel));
  }
}

TEST_P(CleanWgmma, ReadsTransposedOperands) {
  for (uint32_t swizzle : {0u, 32u, 64u, 128u}) {
    expectClean({f16, f16, {true, swizzle, 64, 32, 2}, {true, swizzle, 64, 32, 2}});
    expectClean({bf16, bf16, {false, 64, 64, 32, 2}, {true, swizzle, 176, 32, 2}});
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, CleanWgmma, testing::Values(AsyncMode::Earliest, AsyncMode::Latest),
                         [](const auto &info) {
                           return info.param == AsyncMode::Earliest ? "Earliest" : "Latest";
                         });

TEST(WgmmaCounters, CountProductsAndTheirOperands) {
  LaunchResult result = runProduct(bf16Kernel(64), checked()).result;
  EXPECT_EQ(result.instructions.wgmma, 3u * 4);
  EXPECT_EQ(result.instructions.wgmmaMultiplyAdds, 3u * 64 * 64 * 64);
  EXPECT_EQ(result.traffic.sharedBytesMultiplied, 3u * (64 + 64) * 64 * 2);
  EXPECT_EQ(result.traffic.sharedBytesRead, 0u);
  LaunchResult fromRegisters = runProduct(withRegistersOfA(bf16Kernel(64)), checked()).result;
  EXPECT_EQ(fromRegisters.traffic.sharedBytesMultiplied, 3u * 64 * 64 * 2);
}

//===-- Faults ------------------------------------------------------------===//

TEST(WgmmaFaults, MissingWaitIsReportedAndGivesNaNInLatestMode) {
  for (WgmmaFault fault : {WgmmaFault::NoWait, WgmmaFault::NoCommit}) {
    for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest})
      EXPECT_TRUE(find(runProduct(bf16Kernel(24, fault), checked(mode)).result, ReportKind::WgmmaIncomplete));
    LaunchOptions unchecked;
    unchecked.asyncMode = AsyncMode::Latest;
    EXPECT_TRUE(std::isnan(runProduct(bf16Kernel(24, fault), unchecked).worstError));
  }
}

TEST(WgmmaFaults, UseBeforeTheWaitGivesNaNInLatestMode) {
  EXPECT_TRUE(
      std::isnan(runProduct(bf16Kernel(24, WgmmaFault::UseBeforeWait), checked(AsyncMode::Latest)).worstError));
}

TEST(WgmmaFaults, OverwrittenStageIsAnAsyncRaceAndGivesOtherValuesInLatestMode) {
  ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::OverwrittenStage), checked(AsyncMode::Latest));
  const Report *race = find(run.result, ReportKind::AsyncRace);
  ASSERT_TRUE(race) << texts(run.result);
  EXPECT_EQ(race->operation, "nvvm.cp.async.shared.global");
  EXPECT_EQ(race->otherOperation, "ptx.wgmma");
  EXPECT_FALSE(run.worstError == 0);
  EXPECT_TRUE(find(runProduct(bf16Kernel(24, WgmmaFault::OverwrittenStage), checked()).result,
                   ReportKind::AsyncRace));
}

TEST(WgmmaFaults, MissingFenceIsReported) {
  for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest}) {
    for (WgmmaFault fault : {WgmmaFault::NoFence, WgmmaFault::TouchedAccumulators}) {
      ProductRun run = runProduct(bf16Kernel(24, fault), checked(mode));
      const Report *report = find(run.result, ReportKind::WgmmaMissingFence);
      ASSERT_TRUE(report) << texts(run.result);
      EXPECT_EQ(report->operation, "ptx.wgmma");
    }
    ProductRun run = runProduct(withRegistersOfA(bf16Kernel(24, WgmmaFault::NoFenceForA)), checked(mode));
    EXPECT_TRUE(find(run.result, ReportKind::WgmmaMissingFence)) << texts(run.result);
  }
}

TEST(WgmmaFaults, UnorderedCopiesAreReported) {
  ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::NoBarrier), checked());
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace)) << texts(run.result);
  run = runProduct(bf16Kernel(24, WgmmaFault::NoCopyWait), checked());
  const Report *report = find(run.result, ReportKind::IncompleteCopy);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "ptx.wgmma");
}

TEST(WgmmaFaults, MissingProxyFenceIsReported) {
  for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest}) {
    ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::NoProxyFence), checked(mode));
    const Report *report = find(run.result, ReportKind::MissingProxyFence);
    ASSERT_TRUE(report) << texts(run.result);
    EXPECT_EQ(report->operation, "ptx.wgmma");
    EXPECT_EQ(report->otherOperation, "nvvm.cp.async.shared.global");
  }
}

TEST(WgmmaFaults, UninitializedBytesAreReported) {
  WgmmaKernel kernel = bf16Kernel(64, WgmmaFault::HalfATile);
  kernel.tiles = 2; // the second stage is copied for the first time
  EXPECT_TRUE(find(runProduct(kernel, checked()).result, ReportKind::UninitializedShared));
}

TEST(WgmmaFaults, WrongDescriptorsAreReported) {
  ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::MisalignedTile), checked());
  const Report *report = find(run.result, ReportKind::Misaligned);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "ptx.wgmma");
  run = runProduct(bf16Kernel(24, WgmmaFault::DistantTile), checked());
  EXPECT_TRUE(find(run.result, ReportKind::OutOfBoundsShared)) << texts(run.result);
}

TEST(WgmmaFaults, DivergentGroupsAreReported) {
  for (WgmmaFault fault : {WgmmaFault::AbsentWarp, WgmmaFault::OtherOperands}) {
    ProductRun run = runProduct(bf16Kernel(24, fault), checked());
    const Report *report = find(run.result, ReportKind::WarpDivergence);
    ASSERT_TRUE(report) << texts(run.result);
    EXPECT_EQ(report->operation, "ptx.wgmma");
  }
}
