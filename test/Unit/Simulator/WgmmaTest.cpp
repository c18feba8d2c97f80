//===-- WgmmaTest.cpp - Kernels with products of warp groups --------------===//
//
// Clean kernels give exact values without findings in both completion modes; each planted fault is found.
//
//===----------------------------------------------------------------------===//

#include "WgmmaRunner.h"
#include <tuple>

using namespace ashlar::simulator;
using namespace ashlar::test;

namespace {

/// 64 x n of bf16, 64 deep, in tiles as TMA stores them with a swizzle of 128 bytes.
WgmmaKernel bf16Kernel(uint32_t n, WgmmaFault fault = WgmmaFault::None) {
  WgmmaKernel kernel{bf16, bf16, {false, 128, 64, 64, 2}, {false, 128, n, 64, 2}};
  kernel.fault = fault;
  return kernel;
}

WgmmaKernel withRegistersOfA(WgmmaKernel kernel) {
  kernel.aIsInRegisters = true;
  return kernel;
}

struct CleanWgmma : testing::TestWithParam<AsyncMode> {
  void expectClean(const WgmmaKernel &kernel) {
    std::string what = std::string(kernel.aFormat.name) + " " + kernel.bFormat.name + " n " +
                       std::to_string(kernel.columns()) + (kernel.aIsInRegisters ? " registers" : "");
    WgmmaRunner product(kernel);
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

TEST_P(CleanWgmma, RunsSeveralGroups) {
  WgmmaKernel kernel = bf16Kernel(24);
  kernel.groups = 2;
  expectClean(kernel);
}

TEST_P(CleanWgmma, MultipliesEveryType) {
  struct Types {
    ElementFormat a, b;
  };
  for (const Types &types : {Types{f16, f16},
                             {tf32, tf32},
                             {e4m3, e4m3},
                             {e4m3, e5m2},
                             {e5m2, e5m2},
                             {s8, s8},
                             {s8, u8},
                             {u8, u8}}) {
    uint32_t bytes = types.a.bits / 8;
    WgmmaKernel kernel{
        types.a, types.b, {false, 64, 64, 64 / bytes, bytes}, {false, 64, 24, 64 / bytes, bytes}};
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
  EXPECT_TRUE(std::isnan(
      runProduct(bf16Kernel(24, WgmmaFault::UseBeforeWait), checked(AsyncMode::Latest)).worstError));
}

TEST(WgmmaFaults, OverwrittenStageIsARaceAndGivesOtherValuesInLatestMode) {
  ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::OverwrittenStage), checked(AsyncMode::Latest));
  const Report *race = find(run.result, ReportKind::AsyncRace);
  ASSERT_TRUE(race) << texts(run.result);
  EXPECT_EQ(race->operation, "nvvm.cp.async.shared.global");
  EXPECT_EQ(race->otherOperation, "ptx.wgmma");
  EXPECT_FALSE(run.worstError == 0);
  EXPECT_TRUE(find(runProduct(bf16Kernel(24, WgmmaFault::OverwrittenStage), checked()).result,
                   ReportKind::AsyncRace));
}

TEST(WgmmaFaults, GroupsHaveToWaitForEachOther) {
  WgmmaKernel kernel = bf16Kernel(24, WgmmaFault::NoBarrierOfGroups);
  kernel.groups = 2;
  for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest}) {
    LaunchResult result = runProduct(kernel, checked(mode)).result;
    const Report *race = find(result, ReportKind::AsyncRace);
    ASSERT_TRUE(race) << texts(result);
    EXPECT_EQ(race->otherOperation, "ptx.wgmma");
  }
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
  run = runProduct(bf16Kernel(24, WgmmaFault::NoProxyFence), checked());
  EXPECT_TRUE(find(run.result, ReportKind::MissingProxyFence)) << texts(run.result);
  run = runProduct(bf16Kernel(24, WgmmaFault::NoCopyWait), checked());
  const Report *report = find(run.result, ReportKind::IncompleteCopy);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "ptx.wgmma");
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

TEST(WgmmaFaults, AGroupThatNeverMeetsIsReported) {
  ProductRun run = runProduct(bf16Kernel(24, WgmmaFault::WaitingWarp), checked());
  EXPECT_FALSE(run.result.completed);
  const Report *report = find(run.result, ReportKind::WarpDivergence);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "ptx.wgmma");
  EXPECT_EQ(report->otherOperation, "nvvm.barrier0");
}

//===-- Two chains --------------------------------------------------------===//

namespace {

/// Two products of ones by what lies in shared memory, each a group of its own; `wait` stands behind both,
/// and the first result of each is stored then.
std::string twoChains(const std::string &wait) {
  return "gpu.module @kernels {\n"
         "  llvm.func @kernel(%out: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {\n"
         "    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>\n"
         "    %zero = llvm.mlir.constant(0 : i32) : i32\n    %one = llvm.mlir.constant(1 : i32) : i32\n"
         "    %two = llvm.mlir.constant(2 : i32) : i32\n"
         "    %none = llvm.mlir.constant(0.0 : f32) : f32\n"
         "    %ones = llvm.mlir.constant(0x3f803f80 : i32) : i32\n"
         "    %tid = nvvm.read.ptx.sreg.tid.x : i32\n"
         "    %to = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
         "    llvm.store %ones, %to : i32, !llvm.ptr<3>\n"
         "    nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}\n"
         "    nvvm.barrier0\n"
         // K-major without swizzle: eight rows, two columns of 16 bytes 128 bytes apart.
         "    %b = llvm.mlir.constant(" +
         std::to_string(OperandLayout{false, 0, 8, 16, 2}.descriptor(0, 0)) +
         " : i64) : i64\n"
         "    %c:4 = ptx.wgmma_fence (%none, %none, %none, %none) : f32\n"
         "    %a:4 = ptx.wgmma_fence (%ones, %ones, %ones, %ones) : i32\n"
         "    %s:4 = ptx.wgmma n 8 bf16 (%a#0, %a#1, %a#2, %a#3), bf16 [%b], accumulate %zero, "
         "(%c#0, %c#1, %c#2, %c#3) : f32\n"
         "    nvvm.wgmma.commit.group.sync.aligned\n"
         "    %o:4 = ptx.wgmma n 8 bf16 (%a#0, %a#1, %a#2, %a#3), bf16 [%b], accumulate %one, "
         "(%c#0, %c#1, %c#2, %c#3) : f32\n"
         "    %p:4 = ptx.wgmma n 8 bf16 (%a#0, %a#1, %a#2, %a#3), bf16 [%b], accumulate %one, "
         "(%o#0, %o#1, %o#2, %o#3) : f32\n"
         "    nvvm.wgmma.commit.group.sync.aligned\n" +
         wait +
         "    %first = llvm.mul %tid, %two : i32\n"
         "    %to_s = llvm.getelementptr %out[%first] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32\n"
         "    %to_p = llvm.getelementptr %to_s[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32\n"
         "    llvm.store %x#0, %to_s : f32, !llvm.ptr<1>\n    llvm.store %x#1, %to_p : f32, !llvm.ptr<1>\n"
         "    llvm.return\n  }\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n}\n";
}

/// What thread 77 stored of the two chains.
std::pair<float, float> runChains(const std::string &wait, AsyncMode mode, LaunchResult &result) {
  KernelRunner runner(twoChains(wait));
  void *out = runner.upload(std::vector<float>(256));
  result = runner.run("kernel", {1, 1, 1}, {128, 1, 1}, 512, {&out}, checked(mode));
  std::vector<float> values = runner.download<float>(out, 256);
  return {values[154], values[155]};
}

} // namespace

TEST(WgmmaChains, RetireInTheOrderOfTheirGroups) {
  const std::string both = "(%s#0, %p#0) : f32\n";
  LaunchResult result;
  for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest}) {
    EXPECT_EQ(runChains("    %x:2 = ptx.wgmma_wait 0 " + both, mode, result), std::pair(16.0f, 32.0f));
    EXPECT_TRUE(result.reports.empty()) << texts(result);
  }
  // The second group is still under way.
  auto [first, second] = runChains("    %x:2 = ptx.wgmma_wait 1 " + both, AsyncMode::Latest, result);
  EXPECT_EQ(first, 16);
  EXPECT_TRUE(std::isnan(second));
  EXPECT_TRUE(find(result, ReportKind::WgmmaIncomplete));
  // The results of both come through one register after the other.
  EXPECT_EQ(
      runChains("    %y:2 = ptx.wgmma_wait 1 " + both + "    %x:2 = ptx.wgmma_wait 0 (%y#0, %y#1) : f32\n",
                AsyncMode::Latest, result),
      std::pair(16.0f, 32.0f));
  // Not through a wait that does not name them.
  std::tie(first, second) =
      runChains("    nvvm.wgmma.wait.group.sync.aligned 0\n    %x:2 = ptx.wgmma_wait 0 (%s#0, %none) : f32\n",
                AsyncMode::Latest, result);
  EXPECT_EQ(first, 16);
  EXPECT_EQ(second, 0);
  EXPECT_TRUE(result.reports.empty()) << texts(result);
}

TEST(WgmmaChains, NeedAWholeGroup) {
  KernelRunner runner(twoChains("    %x:2 = ptx.wgmma_wait 0 (%s#0, %p#0) : f32\n"));
  void *out = runner.upload(std::vector<float>(256));
  LaunchResult result = runner.run("kernel", {1, 1, 1}, {96, 1, 1}, 512, {&out}, checked());
  EXPECT_TRUE(result.completed);
  const Report *report = find(result, ReportKind::WarpDivergence);
  ASSERT_TRUE(report) << texts(result);
  EXPECT_EQ(report->operation, "ptx.wgmma");
}
