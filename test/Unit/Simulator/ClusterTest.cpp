//===-- ClusterTest.cpp - Blocks that share memory and barriers -----------===//
//
// Distributed shared memory, multicast and remote arrivals between two blocks, with faults planted by text
// replacement.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "ashlar/Support/TensorMap.h"

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

/// A module with kernel @kernel(%out, %map) for clusters of two blocks.
std::string clusterKernel(const std::string &body) {
  return "gpu.module @kernels {\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n"
         "  llvm.func @kernel(%out: !llvm.ptr<1>, %map: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = "
         "!llvm.array<128 x i8>}) attributes {gpu.kernel, nvvm.kernel, nvvm.cluster_dim = array<i32: 2, 1, "
         "1>} {\n"
         "    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>\n"
         "    %tid = nvvm.read.ptx.sreg.tid.x : i32\n    %size = nvvm.read.ptx.sreg.ntid.x : i32\n"
         "    %block = nvvm.read.ptx.sreg.ctaid.x : i32\n"
         "    %rank = nvvm.read.ptx.sreg.cluster.ctarank : i32\n"
         "    %c0 = llvm.mlir.constant(0 : i32) : i32\n    %c1 = llvm.mlir.constant(1 : i32) : i32\n"
         "    %other_rank = llvm.xor %rank, %c1 : i32\n"
         "    %ticks = llvm.mlir.constant(1000 : i32) : i32\n"
         "    %is_first = llvm.icmp \"eq\" %tid, %c0 : i32\n"
         "    %first_of_block = llvm.mul %block, %size : i32\n"
         "    %index = llvm.add %first_of_block, %tid : i32\n"
         "    %to = llvm.getelementptr %out[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n" +
         body + "    llvm.return\n  }\n}\n";
}

/// The text without this piece, which must be there; the n-th where there are several.
std::string without(std::string text, const std::string &what, unsigned n = 0) {
  size_t position = text.find(what);
  for (; n > 0 && position != std::string::npos; --n)
    position = text.find(what, position + 1);
  EXPECT_NE(position, std::string::npos) << what;
  return position == std::string::npos ? text : text.erase(position, what.size());
}

struct ClusterRun {
  LaunchResult result;
  std::vector<int32_t> words;
};

/// Two clusters of two blocks of 32 threads. The tensor is 4 rows of 32 words 0, 1, …, boxes are two rows.
ClusterRun runCluster(const std::string &text, AsyncMode mode = AsyncMode::Earliest) {
  KernelRunner runner(text);
  std::vector<int32_t> input(128);
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = int32_t(i);
  void *out = runner.upload(std::vector<int32_t>(128, -7)), *in = runner.upload(input);
  const uint64_t extents[] = {32, 4}, strides[] = {128};
  const uint32_t box[] = {32, 2};
  TensorMapSource source{TensorMapElement::S32, reinterpret_cast<uint64_t>(in), extents, strides};
  TensorMap map = *tiledTensorMap(source, box);
  const void *arguments[] = {&out, &map};
  LaunchShape shape{{4, 1, 1}, {32, 1, 1}, 4096, arguments, {2, 1, 1}};
  auto result = runner.device.launch(*runner.module, "kernel", shape, checked(mode));
  EXPECT_TRUE(result.ok()) << result.status().message();
  ClusterRun run;
  if (result.ok())
    run.result = *result;
  run.words = runner.download<int32_t>(out, 128);
  return run;
}

const std::string clusterSync = "    nvvm.cluster.arrive {aligned}\n    nvvm.cluster.wait {aligned}\n";

/// Every thread reads what its namesake in the other block wrote.
const std::string exchange =
    clusterKernel("    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
                  "    llvm.store %index, %slot : i32, !llvm.ptr<3>\n" +
                  clusterSync +
                  "    %there = nvvm.mapa %slot, %other_rank : !llvm.ptr<3> -> !llvm.ptr<7>\n"
                  "    %value = llvm.load %there : !llvm.ptr<7> -> i32\n" +
                  clusterSync + "    llvm.store %value, %to : i32, !llvm.ptr<1>\n");

const std::string initialise =
    "    %barrier = llvm.getelementptr %shared[2048] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
    "    llvm.cond_br %is_first, ^init, ^ready\n"
    "  ^init:\n"
    "    nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32\n"
    "    nvvm.fence.mbarrier.init\n"
    "    llvm.br ^ready\n"
    "  ^ready:\n"
    "    nvvm.cluster.arrive.relaxed {aligned}\n    nvvm.cluster.wait {aligned}\n"
    "    nvvm.barrier\n";

/// Block r fetches rows 2 r and 2 r + 1 for both blocks; each thread adds up its column.
const std::string multicast = clusterKernel(
    initialise +
    "    %bytes = llvm.mlir.constant(512 : i32) : i32\n    %mask = llvm.mlir.constant(3 : i16) : i16\n"
    "    %half = llvm.mlir.constant(256 : i32) : i32\n    %c32 = llvm.mlir.constant(32 : i32) : i32\n"
    "    %row = llvm.add %rank, %rank : i32\n    %place = llvm.mul %rank, %half : i32\n"
    "    %here = llvm.getelementptr %shared[%place] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8\n"
    "    llvm.cond_br %is_first, ^fetch, ^use\n"
    "  ^fetch:\n"
    "    nvvm.mbarrier.arrive.expect_tx %barrier, %bytes : !llvm.ptr<3>, i32\n"
    "    %destination = llvm.addrspacecast %here : !llvm.ptr<3> to !llvm.ptr<7>\n"
    "    nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %map, %barrier, box[%c0, %row] "
    "multicast_mask "
    "= %mask : !llvm.ptr<7>, !llvm.ptr\n"
    "    llvm.br ^use\n"
    "  ^use:\n"
    "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32\n"
    "    %from0 = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
    "    %from3 = llvm.getelementptr %from0[96] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i32\n"
    "    %x0 = llvm.load %from0 : !llvm.ptr<3> -> i32\n    %x3 = llvm.load %from3 : !llvm.ptr<3> -> i32\n"
    "    %value = llvm.add %x0, %x3 : i32\n"
    "    llvm.store %value, %to : i32, !llvm.ptr<1>\n");

/// Thread 0 of block 1 hands block 0 a word through its shared memory and arrives at its barrier.
const std::string handOver = clusterKernel(
    initialise + "    %is_second = llvm.icmp \"eq\" %rank, %c1 : i32\n"
                 "    llvm.cond_br %is_second, ^give, ^take\n"
                 "  ^give:\n"
                 "    %slot = nvvm.mapa %shared, %c0 : !llvm.ptr<3> -> !llvm.ptr<7>\n"
                 "    %remote = nvvm.mapa %barrier, %c0 : !llvm.ptr<3> -> !llvm.ptr<7>\n"
                 "    llvm.cond_br %is_first, ^giver, ^done\n"
                 "  ^giver:\n"
                 "    llvm.store %index, %slot : i32, !llvm.ptr<7>\n"
                 "    nvvm.mbarrier.arrive %remote {scope = #nvvm.mem_scope<cluster>} : !llvm.ptr<7>\n"
                 "    llvm.br ^done\n"
                 "  ^take:\n"
                 "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32\n"
                 "    %value = llvm.load %shared : !llvm.ptr<3> -> i32\n"
                 "    llvm.store %value, %to : i32, !llvm.ptr<1>\n"
                 "    llvm.br ^done\n"
                 "  ^done:\n");

constexpr AsyncMode bothModes[] = {AsyncMode::Earliest, AsyncMode::Latest};

} // namespace

TEST(Cluster, ThreadsReadTheSharedMemoryOfOtherBlocks) {
  ClusterRun run = runCluster(exchange);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  for (int32_t i = 0; i < 128; ++i)
    EXPECT_EQ(run.words[size_t(i)], i ^ 32);
  EXPECT_EQ(run.result.instructions.clusterBarrier, 8u);
}

TEST(Cluster, AccessesNeedTheOtherBlockToRun) {
  ClusterRun early = runCluster(without(exchange, clusterSync));
  const Report *report = find(early.result, ReportKind::BlockLifetime);
  ASSERT_TRUE(report) << texts(early.result);
  EXPECT_EQ(report->operation, "llvm.load");
  EXPECT_NE(report->detail.find("the start of the block"), std::string::npos) << report->detail;

  ClusterRun late = runCluster(without(exchange, clusterSync, 1));
  report = find(late.result, ReportKind::BlockLifetime);
  ASSERT_TRUE(report) << texts(late.result);
  EXPECT_EQ(report->operation, "llvm.load");
  EXPECT_NE(report->detail.find("end"), std::string::npos) << report->detail;
  EXPECT_NE(report->block, report->otherBlock);
}

TEST(Cluster, ARelaxedBarrierOrdersNoAccesses) {
  std::string text = exchange;
  text.replace(text.find("cluster.arrive"), 14, "cluster.arrive.relaxed");
  ClusterRun run = runCluster(text);
  const Report *report = find(run.result, ReportKind::SharedRace);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_EQ(report->operation, "llvm.load");
  EXPECT_EQ(report->otherOperation, "llvm.store");
  EXPECT_NE(report->block, report->otherBlock);
}

TEST(Cluster, MulticastFillsEveryBlock) {
  for (AsyncMode mode : bothModes) {
    ClusterRun run = runCluster(multicast, mode);
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    for (int32_t i = 0; i < 128; ++i)
      EXPECT_EQ(run.words[size_t(i)], 2 * (i % 32) + 96);
    // Every cluster reads the tensor once.
    EXPECT_EQ(run.result.traffic.globalBytesRead, 2u * 512);
  }
}

TEST(Cluster, MulticastNeedsTheBarriersOfAllBlocks) {
  const std::string sync = "    nvvm.cluster.arrive.relaxed {aligned}\n    nvvm.cluster.wait {aligned}\n";
  ClusterRun run = runCluster(without(multicast, sync));
  EXPECT_TRUE(find(run.result, ReportKind::BlockLifetime) || find(run.result, ReportKind::MemoryBarrier))
      << texts(run.result);
  run = runCluster(without(multicast, "    nvvm.fence.mbarrier.init\n"));
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace)) << texts(run.result);
  run =
      runCluster(without(multicast, "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, "
                                    "i32, i32\n"),
                 AsyncMode::Latest);
  EXPECT_TRUE(find(run.result, ReportKind::IncompleteCopy)) << texts(run.result);
}

TEST(Cluster, RemoteArrivalsHandMemoryOver) {
  for (AsyncMode mode : bothModes) {
    ClusterRun run = runCluster(handOver, mode);
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    for (int32_t i = 0; i < 128; ++i)
      EXPECT_EQ(run.words[size_t(i)], i / 32 % 2 ? -7 : i / 32 * 32 + 32);
  }
  ClusterRun run = runCluster(without(handOver, "    nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : "
                                                "!llvm.ptr<3>, i32, i32\n"));
  const Report *report = find(run.result, ReportKind::BlockLifetime);
  ASSERT_TRUE(report) << texts(run.result);
}

TEST(Cluster, AMissingArrivalIsADeadlock) {
  ClusterRun run = runCluster(without(exchange, "    nvvm.cluster.arrive {aligned}\n", 1));
  EXPECT_TRUE(find(run.result, ReportKind::BarrierDivergence)) << texts(run.result);
  std::string one = exchange;
  // Only block 0 arrives the second time.
  size_t second = one.find(clusterSync, one.find(clusterSync) + 1);
  one.replace(second, clusterSync.size(),
              "    %is_zero = llvm.icmp \"eq\" %rank, %c0 : i32\n    llvm.cond_br %is_zero, ^sync, ^spin\n"
              "  ^spin:\n    nvvm.mbarrier.init %shared, %c1 : !llvm.ptr<3>, i32\n"
              "    nvvm.mbarrier.try_wait.parity %shared, %c0, %ticks : !llvm.ptr<3>, i32, i32\n"
              "    llvm.br ^after\n  ^sync:\n" +
                  clusterSync + "    llvm.br ^after\n  ^after:\n");
  run = runCluster(one);
  EXPECT_FALSE(run.result.completed);
  EXPECT_TRUE(find(run.result, ReportKind::Deadlock)) << texts(run.result);
  EXPECT_TRUE(find(run.result, ReportKind::BarrierDivergence)) << texts(run.result);
}

TEST(Cluster, ShapesAreChecked) {
  KernelRunner runner(exchange);
  void *out = runner.upload(std::vector<int32_t>(128));
  TensorMap map{};
  const void *arguments[] = {&out, &map};
  auto message = [&](Dim3 grid, Dim3 cluster) {
    LaunchShape shape{grid, {32, 1, 1}, 4096, arguments, cluster};
    return runner.device.launch(*runner.module, "kernel", shape, {}).status().message();
  };
  EXPECT_EQ(message({4, 1, 1}, {2, 1, 1}), "");
  EXPECT_NE(message({4, 1, 1}, {1, 1, 1}).find("compiled for a cluster of 2x1x1"), std::string::npos);
  EXPECT_NE(message({3, 1, 1}, {2, 1, 1}).find("a whole number of clusters"), std::string::npos);
  EXPECT_NE(message({4, 1, 1}, {0, 1, 1}).find("a whole number of clusters"), std::string::npos);
}
