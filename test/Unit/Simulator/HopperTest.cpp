//===-- HopperTest.cpp - Registers, named barriers and copies' arrivals ---===//
//
// Small kernels for what the ring and the clusters do not show.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

/// A module with kernel @kernel(%out) of this body, for blocks of so many threads.
std::string hopperKernel(uint32_t threads, const std::string &body, const std::string &attributes = "") {
  return "gpu.module @kernels {\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n"
         "  llvm.func @kernel(%out: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = "
         "array<i32: " +
         std::to_string(threads) + ", 1, 1>" + attributes +
         "} {\n"
         "    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>\n"
         "    %tid = nvvm.read.ptx.sreg.tid.x : i32\n"
         "    %c0 = llvm.mlir.constant(0 : i32) : i32\n    %c1 = llvm.mlir.constant(1 : i32) : i32\n"
         "    %c32 = llvm.mlir.constant(32 : i32) : i32\n    %c64 = llvm.mlir.constant(64 : i32) : i32\n"
         "    %c128 = llvm.mlir.constant(128 : i32) : i32\n    %ticks = llvm.mlir.constant(1000 : i32) : "
         "i32\n" +
         body + "    llvm.return\n  }\n}\n";
}

struct HopperRun {
  LaunchResult result;
  std::vector<int32_t> words;
};

HopperRun runHopper(const std::string &text, uint32_t threads, AsyncMode mode = AsyncMode::Earliest) {
  KernelRunner runner(text);
  void *out = runner.upload(std::vector<int32_t>(threads, -7));
  HopperRun run;
  run.result = runner.run("kernel", {1, 1, 1}, {threads, 1, 1}, 4096, {&out}, checked(mode));
  run.words = runner.download<int32_t>(out, threads);
  return run;
}

std::string replaced(std::string text, const std::string &what, const std::string &instead) {
  size_t position = text.find(what);
  EXPECT_NE(position, std::string::npos) << what;
  return position == std::string::npos ? text : text.replace(position, what.size(), instead);
}

bool says(const LaunchResult &result, ReportKind kind, const std::string &part) {
  return std::any_of(result.reports.begin(), result.reports.end(), [&](const Report &report) {
    return report.kind == kind && report.detail.find(part) != std::string::npos;
  });
}

} // namespace

//===-- Registers ---------------------------------------------------------===//

/// 384 threads start with 168 registers each, 64512 together: 24 and twice 240 are as many.
static const std::string handOver =
    hopperKernel(384,
                 "    %is_producer = llvm.icmp \"ult\" %tid, %c128 : i32\n"
                 "    llvm.cond_br %is_producer, ^give, ^take\n"
                 "  ^give:\n    nvvm.setmaxregister decrease 24\n    llvm.br ^done\n"
                 "  ^take:\n    nvvm.setmaxregister increase 240\n    llvm.br ^done\n"
                 "  ^done:\n",
                 ", nvvm.minctasm = 1 : i32");

TEST(Registers, AreHandedOverBetweenWarpGroups) {
  HopperRun run = runHopper(handOver, 384);
  EXPECT_TRUE(run.result.completed);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
}

TEST(Registers, AnIncreaseThatNobodyPaysForIsADeadlock) {
  HopperRun run = runHopper(replaced(handOver, "increase 240", "increase 248"), 384);
  EXPECT_FALSE(run.result.completed);
  EXPECT_TRUE(says(run.result, ReportKind::RegisterBudget, "waits for 2560 registers, the pool has"))
      << texts(run.result);
  EXPECT_TRUE(find(run.result, ReportKind::Deadlock)) << texts(run.result);
}

TEST(Registers, ForbiddenRequestsAreFound) {
  auto refused = [&](const std::string &text) { return runHopper(text, 384).result; };
  EXPECT_TRUE(says(refused(replaced(handOver, "decrease 24", "decrease 176")), ReportKind::RegisterBudget,
                   "dec from 168 to 176"));
  EXPECT_TRUE(says(refused(replaced(handOver, "increase 240", "increase 160")), ReportKind::RegisterBudget,
                   "inc from 168 to 160"));
  EXPECT_TRUE(says(refused(replaced(handOver, ", nvvm.minctasm = 1 : i32", "")), ReportKind::RegisterBudget,
                   "the assembler ignores setmaxnreg"));
  // Warps 1 to 3 of the first group do not take part.
  LaunchResult result = refused(replaced(handOver, "%tid, %c128", "%tid, %c32"));
  EXPECT_TRUE(says(result, ReportKind::RegisterBudget, "the warps of a warp group")) << texts(result);
}

//===-- Named barriers ----------------------------------------------------===//

/// Warp 0 writes and arrives, warp 1 waits and reads.
static const std::string arrival = hopperKernel(
    64, "    %is_writer = llvm.icmp \"ult\" %tid, %c32 : i32\n"
        "    llvm.cond_br %is_writer, ^write, ^read\n"
        "  ^write:\n"
        "    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
        "    llvm.store %tid, %slot : i32, !llvm.ptr<3>\n"
        "    nvvm.barrier.arrive id = %c1 number_of_threads = %c64\n"
        "    llvm.br ^done\n"
        "  ^read:\n"
        "    nvvm.barrier id = %c1 number_of_threads = %c64\n"
        "    %index = llvm.sub %tid, %c32 : i32\n"
        "    %from = llvm.getelementptr %shared[%index] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
        "    %value = llvm.load %from : !llvm.ptr<3> -> i32\n"
        "    %to = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n"
        "    llvm.store %value, %to : i32, !llvm.ptr<1>\n"
        "    llvm.br ^done\n"
        "  ^done:\n");

TEST(NamedBarrier, ArrivalsOrderWithoutWaiting) {
  HopperRun run = runHopper(arrival, 64);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  for (int32_t i = 32; i < 64; ++i)
    EXPECT_EQ(run.words[size_t(i)], i - 32);
}

TEST(NamedBarrier, AnArrivalBeforeTheWriteOrdersNothing) {
  const std::string arrive = "    nvvm.barrier.arrive id = %c1 number_of_threads = %c64\n";
  std::string early = replaced(arrival, arrive, "");
  early = replaced(early, "    %slot =", arrive + "    %slot =");
  LaunchResult result = runHopper(early, 64).result;
  EXPECT_TRUE(find(result, ReportKind::SharedRace) || find(result, ReportKind::UninitializedShared))
      << texts(result);
  HopperRun missing = runHopper(replaced(arrival, arrive, ""), 64);
  EXPECT_FALSE(missing.result.completed);
  EXPECT_TRUE(find(missing.result, ReportKind::BarrierDivergence)) << texts(missing.result);
}

//===-- cp.async and memory barriers --------------------------------------===//

/// Every thread of warp 0 copies a word; warp 1 waits for the barrier that the copies arrive at.
static std::string copyKernel(bool noIncrement) {
  return hopperKernel(
      64,
      "    %barrier = llvm.getelementptr %shared[1024] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
      "    %is_first = llvm.icmp \"eq\" %tid, %c0 : i32\n"
      "    llvm.cond_br %is_first, ^init, ^ready\n"
      "  ^init:\n    nvvm.mbarrier.init %barrier, %c32 : !llvm.ptr<3>, i32\n    llvm.br ^ready\n"
      "  ^ready:\n    nvvm.barrier\n"
      "    %is_writer = llvm.icmp \"ult\" %tid, %c32 : i32\n"
      "    llvm.cond_br %is_writer, ^write, ^read\n"
      "  ^write:\n"
      "    %source = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n"
      "    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
      "    nvvm.cp.async.shared.global %slot, %source, 4, cache = ca : !llvm.ptr<3>, !llvm.ptr<1>\n"
      "    nvvm.cp.async.mbarrier.arrive %barrier " +
          std::string(noIncrement ? "{noinc = true} : !llvm.ptr<3>\n"
                                  : ": !llvm.ptr<3>\n    nvvm.mbarrier.arrive %barrier : !llvm.ptr<3>\n") +
          "    llvm.br ^done\n"
          "  ^read:\n"
          "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32\n"
          "    %index = llvm.sub %tid, %c32 : i32\n"
          "    %from = llvm.getelementptr %shared[%index] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
          "    %value = llvm.load %from : !llvm.ptr<3> -> i32\n"
          "    %more = llvm.add %value, %tid : i32\n"
          "    %to = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n"
          "    llvm.store %more, %to : i32, !llvm.ptr<1>\n"
          "    llvm.br ^done\n"
          "  ^done:\n");
}

TEST(CopyArrival, CopiesArriveWhenTheyAreComplete) {
  for (AsyncMode mode : {AsyncMode::Earliest, AsyncMode::Latest})
    for (bool noIncrement : {false, true}) {
      HopperRun run = runHopper(copyKernel(noIncrement), 64, mode);
      EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
      for (int32_t i = 32; i < 64; ++i)
        EXPECT_EQ(run.words[size_t(i)], i - 7);
    }
}

TEST(CopyArrival, AnOrdinaryArrivalDoesNotWaitForCopies) {
  std::string text = replaced(copyKernel(true), "cp.async.mbarrier.arrive %barrier {noinc = true}",
                              "mbarrier.arrive %barrier");
  LaunchResult result = runHopper(text, 64, AsyncMode::Latest).result;
  EXPECT_TRUE(find(result, ReportKind::IncompleteCopy)) << texts(result);
}

//===-- Memory barriers without copies ------------------------------------===//

/// Thread 0 works on a barrier for two arrivals at offset 1024.
static std::string barrierKernel(const std::string &body) {
  return hopperKernel(
      32, "    %barrier = llvm.getelementptr %shared[1024] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
          "    %c2 = llvm.mlir.constant(2 : i32) : i32\n    %c5 = llvm.mlir.constant(5 : i32) : i32\n"
          "    %is_first = llvm.icmp \"eq\" %tid, %c0 : i32\n"
          "    llvm.cond_br %is_first, ^first, ^done\n"
          "  ^first:\n    nvvm.mbarrier.init %barrier, %c2 : !llvm.ptr<3>, i32\n" +
              body + "    llvm.br ^done\n  ^done:\n");
}

static const std::string waitForFirstPhase =
    "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32\n";

TEST(MemoryBarrier, PhasesFollowEachOther) {
  // The state that an arrival returns tells the phases apart.
  HopperRun run = runHopper(
      barrierKernel(
          "    nvvm.mbarrier.arrive %barrier : !llvm.ptr<3>\n"
          "    %p0 = nvvm.mbarrier.arrive %barrier : !llvm.ptr<3> -> i64\n" +
          waitForFirstPhase +
          "    %p1 = nvvm.mbarrier.arrive %barrier, %c2 : !llvm.ptr<3> -> i64\n"
          "    nvvm.mbarrier.try_wait.parity %barrier, %c1, %ticks : !llvm.ptr<3>, i32, i32\n"
          "    %difference = llvm.sub %p1, %p0 : i64\n    %word = llvm.trunc %difference : i64 to i32\n"
          "    llvm.store %word, %out : i32, !llvm.ptr<1>\n"
          "    nvvm.mbarrier.inval %barrier : !llvm.ptr<3>\n"
          "    nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32\n"),
      32);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.words[0], 1);
}

TEST(MemoryBarrier, ExpectedBytesKeepAPhaseOpen) {
  HopperRun run = runHopper(barrierKernel("    nvvm.mbarrier.expect_tx %barrier, %c32 : !llvm.ptr<3>, i32\n"
                                          "    nvvm.mbarrier.arrive %barrier, %c2 : !llvm.ptr<3>\n" +
                                          waitForFirstPhase),
                            32);
  EXPECT_FALSE(run.result.completed);
  EXPECT_TRUE(says(run.result, ReportKind::Deadlock, "phase 0, lacks 0 arrivals and 32 bytes"))
      << texts(run.result);
}

TEST(MemoryBarrier, MisuseIsFound) {
  auto result = [&](const std::string &body) { return runHopper(barrierKernel(body), 32).result; };
  EXPECT_TRUE(says(result("    nvvm.mbarrier.arrive %barrier, %c5 : !llvm.ptr<3>\n"),
                   ReportKind::MemoryBarrier, "phase 0 expects 2 more arrivals, 5 come"));
  EXPECT_TRUE(says(result("    nvvm.mbarrier.inval %barrier : !llvm.ptr<3>\n"
                          "    nvvm.mbarrier.arrive %barrier : !llvm.ptr<3>\n"),
                   ReportKind::MemoryBarrier, "not initialised"));
  EXPECT_TRUE(says(result("    nvvm.mbarrier.expect_tx %barrier, %c32 : !llvm.ptr<3>, i32\n"),
                   ReportKind::MemoryBarrier, "at the end the barrier at offset 1024, phase 0"));
  EXPECT_TRUE(find(result("    %odd = llvm.getelementptr %shared[1028] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
                          "    nvvm.mbarrier.init %odd, %c1 : !llvm.ptr<3>, i32\n"),
                   ReportKind::Misaligned));
  EXPECT_TRUE(find(result("    %far = llvm.getelementptr %shared[4096] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
                          "    nvvm.mbarrier.init %far, %c1 : !llvm.ptr<3>, i32\n"),
                   ReportKind::OutOfBoundsShared));
  EXPECT_TRUE(says(result("    %word = llvm.load %barrier : !llvm.ptr<3> -> i32\n"
                          "    llvm.store %word, %out : i32, !llvm.ptr<1>\n"),
                   ReportKind::MemoryBarrier, "ordinary access"));
}
