//===-- KernelTest.cpp - Small kernels from text to values ----------------===//
//
// Plain kernels, warp instructions, and the faults of the LLVM level that the tensor-core kernel does not
// show. The kernels of test/GPUToHost are run as they are, and with faults planted by text replacement.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include <cmath>
#include <fstream>
#include <sstream>

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

std::string readKernel(const std::string &file) {
  std::ifstream stream(std::string(ASHLAR_SOURCE_DIR) + "/test/GPUToHost/" + file);
  std::stringstream text;
  text << stream.rdbuf();
  EXPECT_FALSE(text.str().empty()) << file;
  return text.str();
}

/// The text with one piece replaced, which must be there.
std::string plant(std::string text, const std::string &what, const std::string &instead) {
  size_t position = text.find(what);
  EXPECT_NE(position, std::string::npos) << what;
  return position == std::string::npos ? text : text.replace(position, what.size(), instead);
}

/// A module with kernel @kernel(%out, %in) of this body.
std::string kernelText(const std::string &body, const std::string &more = "") {
  return "gpu.module @kernels {\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n" +
         more +
         "  llvm.func @kernel(%out: !llvm.ptr<1>, %in: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {\n"
         "    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>\n"
         "    %tid = nvvm.read.ptx.sreg.tid.x : i32\n"
         "    %lane = nvvm.read.ptx.sreg.laneid : i32\n"
         "    %c0 = llvm.mlir.constant(0 : i32) : i32\n    %c1 = llvm.mlir.constant(1 : i32) : i32\n"
         "    %c31 = llvm.mlir.constant(31 : i32) : i32\n    %full = llvm.mlir.constant(-1 : i32) : i32\n" +
         body + "    llvm.return\n  }\n}\n";
}

const std::string storeResult =
    "    %to = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n"
    "    llvm.store %result, %to : i32, !llvm.ptr<1>\n";

struct WordRun {
  LaunchResult result;
  std::vector<int32_t> words;
};

/// Runs one block of @kernel on words 0, 1, 2, … and returns its output.
WordRun runWords(const std::string &text, uint32_t threads = 32, LaunchOptions options = checked(),
                 uint32_t sharedBytes = 1024) {
  KernelRunner runner(text);
  std::vector<int32_t> input(threads);
  for (uint32_t i = 0; i < threads; ++i)
    input[i] = int32_t(i);
  void *out = runner.upload(std::vector<int32_t>(threads, -7)), *in = runner.upload(input);
  WordRun run;
  run.result = runner.run("kernel", {1, 1, 1}, {threads, 1, 1}, sharedBytes, {&out, &in}, options);
  run.words = runner.download<int32_t>(out, threads);
  return run;
}

} // namespace

//===-- Plain kernels -----------------------------------------------------===//

TEST(VectorAdd, AddsAnyCount) {
  KernelRunner runner(readKernel("convert-gpu-to-host.mlir"));
  for (uint32_t count : {1u, 127u, 128u, 1000u}) {
    std::vector<float> a(count), b(count);
    for (uint32_t i = 0; i < count; ++i)
      a[i] = float(i), b[i] = 0.5f;
    void *da = runner.upload(a), *db = runner.upload(b), *dc = runner.upload(std::vector<float>(count));
    LaunchResult result = runner.run("vector_add", {(count + 127) / 128, 1, 1}, {128, 1, 1}, 0,
                                     {&da, &db, &dc, &count}, checked());
    EXPECT_TRUE(result.reports.empty()) << texts(result);
    std::vector<float> c = runner.download<float>(dc, count);
    for (uint32_t i = 0; i < count; ++i)
      ASSERT_EQ(c[i], float(i) + 0.5f);
    EXPECT_EQ(result.traffic.globalBytesRead, 8u * count);
    EXPECT_EQ(result.traffic.globalBytesWritten, 4u * count);
    EXPECT_EQ(result.traffic.globalSectorsWritten, (4 * count + 31) / 32);
  }
}

TEST(VectorAdd, OffByOneBoundIsFoundWithAndWithoutChecks) {
  KernelRunner runner(plant(readKernel("convert-gpu-to-host.mlir"), "icmp \"ult\"", "icmp \"ule\""));
  uint32_t count = 100;
  void *a = runner.upload(std::vector<float>(count)), *b = runner.upload(std::vector<float>(count));
  void *c = runner.upload(std::vector<float>(count));
  LaunchResult result = runner.run("vector_add", {1, 1, 1}, {128, 1, 1}, 0, {&a, &b, &c, &count}, checked());
  ASSERT_EQ(result.reports.size(), 3u) << texts(result);
  const Report *report = find(result, ReportKind::OutOfBoundsGlobal);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->thread, (Dim3{100, 0, 0}));
  EXPECT_EQ(report->offset, 400);
  EXPECT_EQ(report->bytes, 4u);
  // Checked, the store went elsewhere; unchecked, it hits the red zone.
  EXPECT_FALSE(find(result, ReportKind::RedZoneWritten));
  result = runner.run("vector_add", {1, 1, 1}, {128, 1, 1}, 0, {&a, &b, &c, &count}, {});
  EXPECT_TRUE(find(result, ReportKind::RedZoneWritten)) << texts(result);
}

TEST(VectorAdd, RespectsGivenRanges) {
  KernelRunner runner(readKernel("convert-gpu-to-host.mlir"));
  uint32_t count = 64;
  void *a = runner.upload(std::vector<float>(3 * count));
  void *b = static_cast<float *>(a) + count, *c = static_cast<float *>(b) + count;
  LaunchOptions options = checked();
  options.ranges = {{a, 256, false}, {b, 256, false}, {c, 256, true}};
  EXPECT_TRUE(
      runner.run("vector_add", {1, 1, 1}, {128, 1, 1}, 0, {&a, &b, &c, &count}, options).reports.empty());
  options.ranges[2].writable = false;
  LaunchResult result = runner.run("vector_add", {1, 1, 1}, {128, 1, 1}, 0, {&a, &b, &c, &count}, options);
  ASSERT_EQ(result.reports.size(), 1u) << texts(result);
  EXPECT_EQ(result.reports[0].kind, ReportKind::OutOfBoundsGlobal);
  EXPECT_EQ(result.reports[0].operation, "llvm.store");
  EXPECT_EQ(result.reports[0].count, 64u);
}

static WordRun runTranspose(const std::string &text) {
  KernelRunner runner(text);
  std::vector<float> from(1024);
  for (size_t i = 0; i < from.size(); ++i)
    from[i] = float(i);
  void *in = runner.upload(from), *out = runner.upload(std::vector<float>(1024));
  WordRun run;
  run.result = runner.run("transpose", {1, 1, 1}, {32, 32, 1}, 32 * 33 * 4, {&in, &out}, checked());
  for (float value : runner.download<float>(out, 1024))
    run.words.push_back(std::isnan(value) ? -1 : int32_t(value));
  return run;
}

TEST(Transpose, TransposesOver1024Threads) {
  WordRun run = runTranspose(readKernel("transpose.mlir"));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  for (int32_t i = 0; i < 1024; ++i)
    ASSERT_EQ(run.words[size_t(i)], i % 32 * 32 + i / 32);
  EXPECT_EQ(run.result.traffic.bankConflicts, 0u);
  EXPECT_EQ(run.result.instructions.barrier, 32u);
}

TEST(Transpose, UnpaddedRowsHaveBankConflicts) {
  WordRun run = runTranspose(plant(readKernel("transpose.mlir"), "constant(33 : i32)", "constant(32 : i32)"));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.result.traffic.bankConflicts, 32u * 31);
  EXPECT_EQ(run.result.sites.front().traffic.bankConflicts, 32u * 31);
  EXPECT_EQ(run.result.sites.front().operation, "llvm.load");
}

TEST(Transpose, AMissingBarrierIsFound) {
  WordRun run = runTranspose(plant(readKernel("transpose.mlir"), "    nvvm.barrier0\n", ""));
  // Some elements are read before, some after they were written by another thread.
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace)) << texts(run.result);
  EXPECT_TRUE(find(run.result, ReportKind::UninitializedShared)) << texts(run.result);
}

TEST(Transpose, SharedPointersAreOffsetsAsIntegers) {
  KernelRunner runner(readKernel("transpose.mlir"));
  void *out = runner.upload(std::vector<int32_t>(1));
  runner.run("offsets", {1, 1, 1}, {1, 1, 1}, 1024, {&out}, checked());
  EXPECT_EQ(runner.download<int32_t>(out, 1)[0], 128);
}

//===-- Warp instructions -------------------------------------------------===//

TEST(WarpInstructions, Shuffle) {
  auto shuffled = [](const std::string &kind, int offset, int clamp) {
    return runWords(kernelText("    %offset = llvm.mlir.constant(" + std::to_string(offset) +
                               " : i32) : i32\n" + "    %clamp = llvm.mlir.constant(" +
                               std::to_string(clamp) + " : i32) : i32\n" + "    %result = nvvm.shfl.sync " +
                               kind + " %full, %tid, %offset, %clamp : i32 -> i32\n" + storeResult));
  };
  for (auto [kind, offset, clamp, source] :
       {std::tuple{"bfly", 5, 31, +[](int l) { return l ^ 5; }},
        {"idx", 9, 31, +[](int) { return 9; }},
        {"up", 3, 0, +[](int l) { return l < 3 ? l : l - 3; }},
        {"down", 4, 31, +[](int l) { return l > 27 ? l : l + 4; }},
        // Segments of eight lanes.
        {"down", 1, (24 << 8) | 7, +[](int l) { return l % 8 == 7 ? l : l + 1; }},
        {"idx", 2, (24 << 8) | 31, +[](int l) { return l / 8 * 8 + 2; }}}) {
    WordRun run = shuffled(kind, offset, clamp);
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    EXPECT_EQ(run.result.instructions.shuffle, 1u);
    for (int lane = 0; lane < 32; ++lane)
      EXPECT_EQ(run.words[size_t(lane)], source(lane)) << kind << " lane " << lane;
  }
}

TEST(WarpInstructions, ShufflePredicateAndFloat) {
  WordRun run = runWords(kernelText("    %value = llvm.uitofp %tid : i32 to f32\n"
                                    "    %pair = nvvm.shfl.sync up %full, %value, %c1, %c0 "
                                    "{return_value_and_is_valid} : f32 -> !llvm.struct<(f32, i1)>\n"
                                    "    %got = llvm.extractvalue %pair[0] : !llvm.struct<(f32, i1)>\n"
                                    "    %valid = llvm.extractvalue %pair[1] : !llvm.struct<(f32, i1)>\n"
                                    "    %integer = llvm.fptoui %got : f32 to i32\n"
                                    "    %result = llvm.select %valid, %integer, %full : i1, i32\n" +
                                    storeResult));
  EXPECT_EQ(run.words[0], -1);
  EXPECT_EQ(run.words[7], 6);
}

TEST(WarpInstructions, VotesReductionsAndElection) {
  WordRun run = runWords(kernelText("    %limit = llvm.mlir.constant(3 : i32) : i32\n"
                                    "    %below = llvm.icmp \"ult\" %tid, %limit : i32\n"
                                    "    %ballot = nvvm.vote.sync ballot %full, %below -> i32\n"
                                    "    %sum = nvvm.redux.sync add %tid, %full : i32 -> i32\n"
                                    "    %leader = nvvm.elect.sync -> i1\n"
                                    "    %all = nvvm.vote.sync all %full, %below -> i1\n"
                                    "    %other = llvm.select %all, %full, %ballot : i1, i32\n"
                                    "    %result = llvm.select %leader, %sum, %other : i1, i32\n" +
                                    storeResult));
  EXPECT_EQ(run.words[0], 31 * 32 / 2);
  EXPECT_EQ(run.words[1], 7);
}

TEST(WarpInstructions, HalfWarpsMeetApart) {
  // The halves take different branches and each exchanges within itself.
  WordRun run = runWords(kernelText("    %low = llvm.mlir.constant(65535 : i32) : i32\n"
                                    "    %high = llvm.mlir.constant(-65536 : i32) : i32\n"
                                    "    %sixteen = llvm.mlir.constant(16 : i32) : i32\n"
                                    "    %isLow = llvm.icmp \"ult\" %tid, %sixteen : i32\n"
                                    "    llvm.cond_br %isLow, ^low, ^high\n"
                                    "  ^low:\n"
                                    "    %a = nvvm.shfl.sync bfly %low, %tid, %c1, %c31 : i32 -> i32\n"
                                    "    llvm.br ^end(%a : i32)\n"
                                    "  ^high:\n"
                                    "    nvvm.bar.warp.sync %high : i32\n"
                                    "    %b = nvvm.shfl.sync idx %high, %tid, %c31, %c31 : i32 -> i32\n"
                                    "    llvm.br ^end(%b : i32)\n"
                                    "  ^end(%result: i32):\n" +
                                    storeResult));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.words[4], 5);
  EXPECT_EQ(run.words[20], 31);
}

TEST(WarpInstructions, AMissingLaneIsReported) {
  // Lane 0 leaves before the others load matrices.
  WordRun run = runWords(kernelText("    %isFirst = llvm.icmp \"eq\" %tid, %c0 : i32\n"
                                    "    llvm.cond_br %isFirst, ^end, ^load\n"
                                    "  ^load:\n"
                                    "    %result = nvvm.ldmatrix %shared {num = 1 : i32, layout = "
                                    "#nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, "
                                    "eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> i32\n" +
                                    storeResult +
                                    "    llvm.br ^end\n"
                                    "  ^end:\n"));
  EXPECT_TRUE(find(run.result, ReportKind::WarpDivergence)) << texts(run.result);
  EXPECT_TRUE(run.result.completed);
}

TEST(WarpInstructions, StoreMatrixIsTheInverseOfLoadMatrix) {
  const std::string shape =
      "shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>";
  for (const char *layout : {"row", "col"}) {
    std::string attributes = "layout = #nvvm.mma_layout<" + std::string(layout) + ">, " + shape;
    WordRun run = runWords(kernelText(
        "    %sixteen = llvm.mlir.constant(16 : i32) : i32\n"
        "    %offset = llvm.mul %lane, %sixteen : i32\n"
        "    %row = llvm.getelementptr %shared[%offset] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8\n"
        "    nvvm.stmatrix %row, %tid, %lane {" +
        attributes +
        "} : !llvm.ptr<3>, i32, i32\n"
        "    nvvm.bar.warp.sync %full : i32\n"
        "    %both = nvvm.ldmatrix %row {num = 2 : i32, " +
        attributes +
        "} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32)>\n"
        "    %result = llvm.extractvalue %both[1] : !llvm.struct<(i32, i32)>\n" +
        storeResult));
    EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
    for (int lane = 0; lane < 32; ++lane)
      EXPECT_EQ(run.words[size_t(lane)], lane);
  }
}

TEST(WarpInstructions, AListChainsItsMmas) {
  // Shared memory starts as 0xff: A is -1 (s8), B is 255 (u8), twice 32 products of them.
  KernelRunner runner(readKernel("matrix-lists.mlir"));
  void *out = runner.upload(std::vector<int32_t>(1));
  LaunchResult result = runner.run("chain", {1, 1, 1}, {32, 1, 1}, 1024, {&out}, {});
  EXPECT_TRUE(result.reports.empty()) << texts(result);
  EXPECT_EQ(runner.download<int32_t>(out, 1)[0], -2 * 32 * 255);
  EXPECT_EQ(result.instructions.mma, 2u);
  EXPECT_EQ(result.instructions.ldmatrix, 2u);
  result = runner.run("chain", {1, 1, 1}, {32, 1, 1}, 1024, {&out}, checked());
  EXPECT_TRUE(find(result, ReportKind::UninitializedShared)) << texts(result);
}

TEST(WarpInstructions, ListsKeepTheOrderOfWrites) {
  // The first load must not sink past the store, which the second one has to see.
  const std::string load =
      " = nvvm.ldmatrix %row {num = 1 : i32, layout = #nvvm.mma_layout<row>, shape = "
      "#nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : "
      "(!llvm.ptr<3>) -> i32\n";
  WordRun run = runWords(
      kernelText("    %seven = llvm.mlir.constant(7 : i32) : i32\n"
                 "    %rowIndex = llvm.and %lane, %seven : i32\n"
                 "    %row = llvm.getelementptr %shared[%rowIndex] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, "
                 "vector<4xi32>\n"
                 "    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
                 "    llvm.store %tid, %slot : i32, !llvm.ptr<3>\n"
                 "    nvvm.bar.warp.sync %full : i32\n"
                 "    %before" +
                 load +
                 "    nvvm.bar.warp.sync %full : i32\n"
                 "    llvm.store %full, %slot : i32, !llvm.ptr<3>\n"
                 "    nvvm.bar.warp.sync %full : i32\n"
                 "    %after" +
                 load + "    %result = llvm.add %before, %after : i32\n" + storeResult));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  for (int lane = 0; lane < 32; ++lane)
    EXPECT_EQ(run.words[size_t(lane)], lane - 1);
}

//===-- Registers ---------------------------------------------------------===//

TEST(Registers, LogicAndBytes) {
  WordRun run = runWords(kernelText("    %mask = llvm.mlir.constant(252645135 : i32) : i32\n"
                                    "    %bias = llvm.mlir.constant(16384 : i32) : i32\n"
                                    "    %selector = llvm.mlir.constant(12816 : i32) : i32\n" // 0x3210
                                    "    %swapped = llvm.mlir.constant(291 : i32) : i32\n"    // 0x0123
                                    "    %logic = ptx.lop3 %tid, %mask, %bias lut = 0xEA : i32\n"
                                    "    %same = ptx.prmt %logic, %c0, %selector : i32\n"
                                    "    %turned = ptx.prmt %same, %c0, %swapped : i32\n"
                                    "    %result = ptx.prmt %turned, %c0, %swapped : i32\n" +
                                    storeResult));
  EXPECT_EQ(run.words[29], (29 & 0x0f0f0f0f) | 16384);
}

TEST(Registers, SpecialFunctionsCountOncePerWarp) {
  WordRun run = runWords(kernelText("    %x = llvm.uitofp %tid : i32 to f32\n"
                                    "    %y = ptx.ex2 %x : f32\n"
                                    "    %z = ptx.lg2 %y : f32\n"
                                    "    %result = llvm.fptosi %z : f32 to i32\n" +
                                    storeResult),
                         96);
  EXPECT_EQ(run.words[17], 17);
  EXPECT_EQ(run.result.instructions.specialFunction, 6u);
}

TEST(Registers, Tf32Rounding) {
  WordRun run =
      runWords(kernelText("    %x = llvm.mlir.constant(1.00048828125 : f32) : f32\n" // half a unit above one
                          "    %even = nvvm.convert.float.to.tf32 %x {rnd = #nvvm.fp_rnd_mode<rn>}\n"
                          "    %away = nvvm.convert.float.to.tf32 %x {rnd = #nvvm.fp_rnd_mode<rna>}\n"
                          "    %result = llvm.sub %away, %even : i32\n" +
                          storeResult));
  EXPECT_EQ(run.words[0], 1 << 13);
}

TEST(Registers, FunctionsOfTheModuleGetTheThread) {
  WordRun run = runWords(
      kernelText("    %result = llvm.call @helper(%c1) : (i32) -> i32\n" + storeResult,
                 "  llvm.mlir.global internal constant @table(dense<[10, 20, 30]> : tensor<3xi32>) "
                 "{addr_space = 4 : i32} : !llvm.array<3 x i32>\n"
                 "  llvm.func @helper(%index: i32) -> i32 {\n"
                 "    %tid = nvvm.read.ptx.sreg.tid.x : i32\n"
                 "    %base = llvm.mlir.addressof @table : !llvm.ptr<4>\n"
                 "    %generic = llvm.addrspacecast %base : !llvm.ptr<4> to !llvm.ptr\n"
                 "    %at = llvm.getelementptr %generic[%index] : (!llvm.ptr, i32) -> !llvm.ptr, i32\n"
                 "    %value = llvm.load %at : !llvm.ptr -> i32\n"
                 "    %sum = llvm.add %value, %tid : i32\n"
                 "    llvm.return %sum : i32\n  }\n"));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.words[5], 25);
}

//===-- Faults ------------------------------------------------------------===//

TEST(Faults, ABarrierThatSomeHaveLeftIsReported) {
  WordRun run = runWords(kernelText("    %isLow = llvm.icmp \"ult\" %tid, %c31 : i32\n"
                                    "    llvm.cond_br %isLow, ^wait, ^end\n"
                                    "  ^wait:\n    nvvm.barrier0\n    llvm.br ^end\n"
                                    "  ^end:\n"),
                         64);
  const Report *report = find(run.result, ReportKind::BarrierDivergence);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_TRUE(run.result.completed);
}

TEST(Faults, DifferentBarriersAreADeadlock) {
  WordRun run = runWords(kernelText("    %isLow = llvm.icmp \"ult\" %tid, %c31 : i32\n"
                                    "    %one = llvm.mlir.constant(1 : i32) : i32\n"
                                    "    llvm.cond_br %isLow, ^first, ^second\n"
                                    "  ^first:\n    nvvm.barrier0\n    llvm.br ^end\n"
                                    "  ^second:\n    nvvm.barrier id = %one\n    llvm.br ^end\n"
                                    "  ^end:\n"),
                         64);
  EXPECT_FALSE(run.result.completed);
  EXPECT_TRUE(find(run.result, ReportKind::Deadlock)) << texts(run.result);
  const Report *report = find(run.result, ReportKind::BarrierDivergence);
  ASSERT_TRUE(report) << texts(run.result);
  EXPECT_NE(report->operation, report->otherOperation);
}

TEST(Faults, AStuckLaunchLeavesTheDeviceUsable) {
  std::string text = kernelText("    %isFirst = llvm.icmp \"eq\" %tid, %c0 : i32\n"
                                "    llvm.cond_br %isFirst, ^wait, ^end\n"
                                "  ^wait:\n    nvvm.bar.warp.sync %full : i32\n"
                                "    nvvm.barrier0\n    llvm.br ^end\n"
                                "  ^end:\n    %result = llvm.add %tid, %c1 : i32\n    nvvm.barrier0\n" +
                                storeResult);
  KernelRunner runner(text);
  void *out = runner.upload(std::vector<int32_t>(64)), *in = out;
  for (int i = 0; i < 2; ++i) {
    LaunchResult result = runner.run("kernel", {3, 1, 1}, {64, 1, 1}, 0, {&out, &in}, checked());
    EXPECT_FALSE(result.completed);
    EXPECT_TRUE(find(result, ReportKind::Deadlock)) << texts(result);
  }
  KernelRunner other(readKernel("convert-gpu-to-host.mlir"));
}

TEST(Faults, MisalignedVectorsAreReported) {
  WordRun run =
      runWords(kernelText("    %odd = llvm.getelementptr %shared[4] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8\n"
                          "    %isFirst = llvm.icmp \"eq\" %tid, %c0 : i32\n"
                          "    %zero = llvm.mlir.constant(dense<1> : vector<4xi32>) : vector<4xi32>\n"
                          "    llvm.cond_br %isFirst, ^store, ^end\n"
                          "  ^store:\n    llvm.store %zero, %odd : vector<4xi32>, !llvm.ptr<3>\n"
                          "    llvm.store %zero, %odd {alignment = 4 : i64} : vector<4xi32>, !llvm.ptr<3>\n"
                          "    llvm.br ^end\n  ^end:\n"));
  ASSERT_EQ(run.result.reports.size(), 1u) << texts(run.result);
  EXPECT_EQ(run.result.reports[0].kind, ReportKind::Misaligned);
  EXPECT_EQ(run.result.reports[0].offset, 4);
}

TEST(Faults, WarpSyncOrdersLanes) {
  const std::string body =
      "    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
      "    llvm.store %tid, %slot : i32, !llvm.ptr<3>\n"
      "    nvvm.bar.warp.sync %full : i32\n"
      "    %mirrored = llvm.sub %c31, %tid : i32\n"
      "    %other = llvm.getelementptr %shared[%mirrored] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
      "    %result = llvm.load %other : !llvm.ptr<3> -> i32\n" +
      storeResult;
  WordRun run = runWords(kernelText(body));
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.words[3], 28);
  run = runWords(kernelText(plant(body, "    nvvm.bar.warp.sync %full : i32\n", "")));
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace)) << texts(run.result);
}

TEST(Faults, NamedBarriersOrderTheirThreads) {
  // Two pairs of warps, each with a barrier of its own.
  auto body = [](const char *distance) {
    return "    %sixtyfour = llvm.mlir.constant(64 : i32) : i32\n"
           "    %pair = llvm.udiv %tid, %sixtyfour : i32\n"
           "    %id = llvm.add %pair, %c1 : i32\n"
           "    %slot = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
           "    llvm.store %tid, %slot : i32, !llvm.ptr<3>\n"
           "    nvvm.barrier id = %id number_of_threads = %sixtyfour\n"
           "    %distance = llvm.mlir.constant(" +
           std::string(distance) +
           " : i32) : i32\n"
           "    %partner = llvm.xor %tid, %distance : i32\n"
           "    %other = llvm.getelementptr %shared[%partner] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32\n"
           "    %result = llvm.load %other : !llvm.ptr<3> -> i32\n" +
           storeResult;
  };
  WordRun run = runWords(kernelText(body("32")), 128);
  EXPECT_TRUE(run.result.reports.empty()) << texts(run.result);
  EXPECT_EQ(run.words[70], 102);
  run = runWords(kernelText(body("64")), 128);
  EXPECT_TRUE(find(run.result, ReportKind::SharedRace)) << texts(run.result);
}

//===-- The device --------------------------------------------------------===//

TEST(Device, RefusesWrongLaunches) {
  KernelRunner runner(readKernel("convert-gpu-to-host.mlir"));
  void *a = runner.upload(std::vector<float>(1));
  uint32_t count = 1;
  const void *arguments[] = {&a, &a, &a, &count};
  auto status = [&](const std::string &kernel, LaunchShape shape) {
    auto result = runner.device.launch(*runner.module, kernel, shape);
    return result.ok() ? "ok" : result.status().message();
  };
  EXPECT_EQ(status("vector_add", {{1, 1, 1}, {128, 1, 1}, 0, arguments}), "ok");
  EXPECT_NE(status("absent", {{1, 1, 1}, {128, 1, 1}, 0, arguments}).find("no kernel 'absent'"),
            std::string::npos);
  EXPECT_NE(status("vector_add", {{1, 1, 1}, {64, 1, 1}, 0, arguments}).find("128x1x1"), std::string::npos);
  EXPECT_NE(status("vector_add", {{0, 1, 1}, {128, 1, 1}, 0, arguments}).find("at least 1"),
            std::string::npos);
  EXPECT_NE(status("vector_add", {{1, 1, 1}, {128, 1, 1}, 1 << 20, arguments}).find("shared"),
            std::string::npos);
  EXPECT_NE(
      status("vector_add", {{1, 1, 1}, {128, 1, 1}, 0, std::span(arguments).first(3)}).find("4 parameters"),
      std::string::npos);
}

TEST(Device, GuardsItsMemory) {
  Device device;
  auto buffer = device.allocate(10);
  ASSERT_TRUE(buffer.ok());
  char bytes[11] = {};
  EXPECT_TRUE(device.copyToDevice(*buffer, bytes, 10).ok());
  EXPECT_FALSE(device.copyToDevice(*buffer, bytes, 11).ok());
  EXPECT_FALSE(device.copyToHost(bytes, static_cast<char *>(*buffer) + 5, 6).ok());
  EXPECT_FALSE(device.copyToHost(bytes, bytes, 1).ok());
  EXPECT_FALSE(device.free(static_cast<char *>(*buffer) + 1).ok());
  EXPECT_TRUE(device.free(*buffer).ok());
  EXPECT_FALSE(device.free(*buffer).ok());
  EXPECT_TRUE(device.allocate(0).ok());
  EXPECT_FALSE(device.allocate(~size_t(0) - 100).ok());
}

TEST(Device, RefusesWhatIsNoModule) {
  Device device;
  const uint8_t bytes[] = {1, 2, 3};
  EXPECT_FALSE(device.load(bytes, "bytes").ok());
  EXPECT_FALSE(device.load({}, "nothing").ok());
}

TEST(Device, KeepsModulesApart) {
  KernelRunner first(kernelText("    %result = llvm.add %c31, %c0 : i32\n" + storeResult));
  std::string diagnostics;
  std::vector<char> object =
      compileKernels(kernelText("    %result = llvm.add %c1, %c0 : i32\n" + storeResult), diagnostics);
  auto *bytes = reinterpret_cast<const uint8_t *>(object.data());
  auto second = first.device.load(std::span(bytes, object.size()), "second");
  ASSERT_TRUE(second.ok()) << second.status().message();
  void *out = first.upload(std::vector<int32_t>(32)), *in = out;
  const void *arguments[] = {&out, &in};
  ASSERT_TRUE(first.device.launch(**second, "kernel", {{1, 1, 1}, {32, 1, 1}, 0, arguments}).ok());
  EXPECT_EQ(first.download<int32_t>(out, 1)[0], 1);
}

TEST(Objects, AreDeterministicAndNamePositionsOnly) {
  std::string diagnostics, text = readKernel("transpose.mlir");
  std::vector<char> first = compileKernels(text, diagnostics), second = compileKernels(text, diagnostics);
  ASSERT_FALSE(first.empty()) << diagnostics;
  EXPECT_EQ(first, second);
  std::string bytes(first.begin(), first.end());
  EXPECT_NE(bytes.find("kernels.mlir:"), std::string::npos);
  for (const char *path : {ASHLAR_SOURCE_DIR, "/tmp", "/proc"})
    EXPECT_EQ(bytes.find(path), std::string::npos) << path;
}

TEST(Device, GivesTheSameReportsOnAnyNumberOfThreads) {
  std::string text =
      kernelText("    %block = nvvm.read.ptx.sreg.ctaid.x : i32\n"
                 "    %far = llvm.mul %block, %c31 : i32\n"
                 "    %to = llvm.getelementptr %out[%far] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32\n"
                 "    llvm.store %tid, %to : i32, !llvm.ptr<1>\n");
  KernelRunner runner(text);
  void *out = runner.upload(std::vector<int32_t>(100)), *in = out;
  std::vector<std::string> seen;
  for (unsigned threads : {1u, 2u, 5u}) {
    LaunchOptions options = checked();
    options.threads = threads;
    LaunchResult result = runner.run("kernel", {64, 1, 1}, {32, 1, 1}, 0, {&out, &in}, options);
    ASSERT_EQ(result.reports.size(), 1u) << texts(result);
    EXPECT_EQ(result.reports[0].block[0], 4u);
    EXPECT_EQ(result.reports[0].count, 60u * 32);
    EXPECT_EQ(result.traffic.globalBytesWritten, 64u * 32 * 4);
    seen.push_back(result.reports[0].text());
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}
