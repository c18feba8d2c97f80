//===-- SpecializedMatmulKernel.cpp - A warp-specialised product ----------===//
//
// Emits the text of the kernel, an operation a line.
//
//===----------------------------------------------------------------------===//

#include "SpecializedMatmulKernel.h"

namespace ashlar::test {

using std::to_string;

namespace {

/// Collects lines. Values are named by the caller.
struct Writer {
  const SpecializedMatmulKernel &kernel;
  std::string text;
  static constexpr uint32_t sums = SpecializedMatmulKernel::columns / 2;

  bool has(SpecializedMatmulFault fault) const { return kernel.fault == fault; }
  void line(const std::string &code) { text += "    " + code + "\n"; }
  void label(const std::string &name) { text += "  ^" + name + ":\n"; }
  void constant(const std::string &name, uint32_t value) {
    line("%" + name + " = llvm.mlir.constant(" + to_string(int32_t(value)) + " : i32) : i32");
  }
  void binary(const std::string &name, const char *op, const std::string &a, const std::string &b) {
    line("%" + name + " = llvm." + op + " %" + a + ", %" + b + " : i32");
  }
  void shared(const std::string &name, const std::string &offset) {
    line("%" + name + " = llvm.getelementptr %shared[%" + offset +
         "] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8");
  }
  void wait(const std::string &barrier, const std::string &parity) {
    line("nvvm.mbarrier.try_wait.parity %" + barrier + ", %" + parity + ", %ticks : !llvm.ptr<3>, i32, i32");
  }
  /// "%name#0, %name#1, …", or "%name0, %name1, …".
  static std::string list(const std::string &name, bool isPack) {
    std::string all;
    for (uint32_t i = 0; i < sums; ++i)
      all += (i ? ", %" : "%") + name + (isPack ? "#" : "") + to_string(i);
    return all;
  }
  static std::string types() {
    std::string all;
    for (uint32_t i = 0; i < sums; ++i)
      all += ", f32";
    return all;
  }

  void header();
  void initialise();
  void stageOf(const std::string &trip, const std::string &p);
  void copy(const char *map, const std::string &offset, const std::string &column, const std::string &row);
  void producer();
  void descriptor(const std::string &name, const std::string &offset, uint64_t rest);
  void multiply();
  void releaseStage();
  void consumer();
  void storeResults();
};

} // namespace

void Writer::header() {
  const std::string map =
      "!llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}";
  text += "gpu.module @kernels {\n"
          "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
          "!llvm.array<0 x i8>\n"
          "  llvm.func @matmul(%steps: i32, %a: " +
          map + ", %b: " + map +
          ", %out: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 288>} {\n";
  line("%shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>");
  line("%tid = nvvm.read.ptx.sreg.tid.x : i32");
  for (uint32_t value : {0, 1, 2, 4, 8, 16, 32, 64, 127, 128, 256, 8192})
    constant("c" + to_string(value), value);
  constant("ticks", 10000000);
  constant("stages", kernel.stages);
  constant("stage_bytes", kernel.stageBytes);
  constant("barrier_offset", kernel.barrierOffset);
  constant("b_offset", kernel.bOffset);
  constant("second_b_offset", kernel.bOffset + 8192);
  line("%none = llvm.mlir.constant(0.0 : f32) : f32");
  line("%is_first = llvm.icmp \"eq\" %tid, %c0 : i32");
  line("%is_producer_warp = llvm.icmp \"uge\" %tid, %c256 : i32");
  line("%is_producer = llvm.icmp \"eq\" %tid, %c256 : i32");
}

void Writer::initialise() {
  line("llvm.cond_br %is_first, ^initialise, ^initialised");
  label("initialise");
  for (uint32_t stage = 0; stage < kernel.stages; ++stage)
    for (uint32_t which = 0; which < 2; ++which) {
      std::string name = "init" + to_string(2 * stage + which);
      constant(name + "_offset", kernel.barrierOffset + 16 * stage + 8 * which);
      shared(name, name + "_offset");
      // Full: the producer arrives. Empty: both groups do.
      line("nvvm.mbarrier.init %" + name + ", %c" + to_string(which + 1) + " : !llvm.ptr<3>, i32");
    }
  line("nvvm.fence.mbarrier.init");
  line("llvm.br ^initialised");
  label("initialised");
  line("nvvm.barrier");
  std::string zeros;
  for (uint32_t i = 0; i < sums; ++i)
    zeros += ", %none";
  line("llvm.cond_br %is_producer_warp, ^producer_warp, ^consumer(%c0" + zeros + " : i32" + types() + ")");
}

/// Stage, barriers and parities of a trip; the names begin with `p`.
void Writer::stageOf(const std::string &trip, const std::string &p) {
  binary(p + "_stage", "urem", trip, "stages");
  binary(p + "_round", "udiv", trip, "stages");
  binary(p + "_parity", "and", p + "_round", "c1");
  binary(p + "_other_parity", "xor", p + "_parity", "c1");
  binary(p + "_data", "mul", p + "_stage", "stage_bytes");
  binary(p + "_pair", "mul", p + "_stage", "c16");
  binary(p + "_full_offset", "add", p + "_pair", "barrier_offset");
  binary(p + "_empty_offset", "add", p + "_full_offset", "c8");
  shared(p + "_full", p + "_full_offset");
  shared(p + "_empty", p + "_empty_offset");
}

void Writer::copy(const char *map, const std::string &offset, const std::string &column,
                  const std::string &row) {
  std::string name = "to_" + offset;
  binary(name + "_offset", "add", "p_data", offset);
  shared(name, name + "_offset");
  line("%" + name + "_in_cluster = llvm.addrspacecast %" + name + " : !llvm.ptr<3> to !llvm.ptr<7>");
  line("nvvm.cp.async.bulk.tensor.shared.cluster.global %" + name + "_in_cluster, %" + map +
       ", %p_full, box[%" + column + ", %" + row + "] : !llvm.ptr<7>, !llvm.ptr");
}

void Writer::producer() {
  label("producer_warp");
  line("llvm.cond_br %is_producer, ^produce(%c0 : i32), ^done");
  text += "  ^produce(%t: i32):\n";
  line("%more = llvm.icmp \"ult\" %t, %steps : i32");
  line("llvm.cond_br %more, ^fill, ^done");
  label("fill");
  stageOf("t", "p");
  if (!has(SpecializedMatmulFault::NoWaitForStage))
    wait("p_empty", "p_other_parity");
  line("nvvm.mbarrier.arrive.expect_tx %p_full, %stage_bytes : !llvm.ptr<3>, i32");
  binary("k", "mul", "t", "c64");
  copy("a", "c0", "k", "c0");
  copy("b", "b_offset", "c0", "k");
  copy("b", "second_b_offset", "c64", "k");
  binary("t_next", "add", "t", "c1");
  line("llvm.br ^produce(%t_next : i32)");
}

/// Address and constant fields; the steps of K are added to it.
void Writer::descriptor(const std::string &name, const std::string &offset, uint64_t rest) {
  binary(name + "_units", "udiv", offset, "c16");
  line("%" + name + "_wide = llvm.zext %" + name + "_units : i32 to i64");
  line("%" + name + "_rest = llvm.mlir.constant(" + to_string(rest) + " : i64) : i64");
  line("%" + name + " = llvm.or %" + name + "_wide, %" + name + "_rest : i64");
}

void Writer::multiply() {
  binary("group", "udiv", "tid", "c128");
  binary("group_rows", "mul", "group", "c8192");
  binary("a_at", "add", "q_data", "group_rows");
  binary("b_at", "add", "q_data", "b_offset");
  // Both swizzled by 128 bytes, eight lines 1024 bytes apart; the columns of B in two tiles 8192 bytes apart.
  constexpr uint64_t swizzled = uint64_t(1) << 62 | uint64_t(1024 / 16) << 32;
  descriptor("a_tile", "a_at", swizzled);
  descriptor("b_tile", "b_at", swizzled | uint64_t(8192 / 16) << 16);
  line("%is_later = llvm.icmp \"ne\" %u, %c0 : i32");
  line("%later = llvm.zext %is_later : i1 to i32");
  line("%d:" + to_string(sums) + " = ptx.wgmma_fence (" + list("sum", false) + ") : f32");
  std::string from = "d";
  for (uint32_t step = 0; step < 4; ++step) {
    std::string s = to_string(step), to = "d" + s;
    line("%a_by" + s + " = llvm.mlir.constant(" + to_string(step * 32 / 16) + " : i64) : i64");
    line("%b_by" + s + " = llvm.mlir.constant(" + to_string(step * 2048 / 16) + " : i64) : i64");
    line("%a_step" + s + " = llvm.add %a_tile, %a_by" + s + " : i64");
    line("%b_step" + s + " = llvm.add %b_tile, %b_by" + s + " : i64");
    line("%" + to + ":" + to_string(sums) + " = ptx.wgmma n 128 bf16 [%a_step" + s + "], bf16 [%b_step" + s +
         "] transposed_b, accumulate " + (step ? "%c1" : "%later") + ", (" + list(from, true) + ") : f32");
    from = to;
  }
  line("nvvm.wgmma.commit.group.sync.aligned");
}

/// One thread of each group hands back the stage before the one at hand, whose products are complete.
void Writer::releaseStage() {
  const bool isEarly = has(SpecializedMatmulFault::EarlyRelease);
  binary("in_group", "and", "tid", "c127");
  line("%is_lead = llvm.icmp \"eq\" %in_group, %c0 : i32");
  line(std::string("%is_releasing = llvm.and %is_lead, ") + (isEarly ? "%is_lead" : "%is_later") + " : i1");
  line("llvm.cond_br %is_releasing, ^release, ^released");
  label("release");
  binary("before", "sub", "u", isEarly ? "c0" : "c1");
  stageOf("before", "r");
  line("nvvm.mbarrier.arrive %r_empty : !llvm.ptr<3>");
  line("llvm.br ^released");
  label("released");
}

void Writer::consumer() {
  std::string arguments;
  for (uint32_t i = 0; i < sums; ++i)
    arguments += ", %sum" + to_string(i) + ": f32";
  text += "  ^consumer(%u: i32" + arguments + "):\n";
  line("%more_to_consume = llvm.icmp \"ult\" %u, %steps : i32");
  line("llvm.cond_br %more_to_consume, ^consume, ^consumed");
  label("consume");
  stageOf("u", "q");
  if (!has(SpecializedMatmulFault::NoWaitForData))
    wait("q_full", "q_parity");
  multiply();
  line("%w:" + to_string(sums) + " = ptx.wgmma_wait 1 (" + list("d3", true) + ") : f32");
  releaseStage();
  binary("u_next", "add", "u", "c1");
  line("llvm.br ^consumer(%u_next, " + list("w", true) + " : i32" + types() + ")");
  label("consumed");
  line("%x:" + to_string(sums) + " = ptx.wgmma_wait 0 (" + list("sum", false) + ") : f32");
  storeResults();
  line("llvm.br ^done");
  label("done");
  line("llvm.return");
}

void Writer::storeResults() {
  binary("warp", "udiv", "tid", "c32");
  binary("lane", "urem", "tid", "c32");
  binary("warp_row", "mul", "warp", "c16");
  binary("lane_row", "udiv", "lane", "c4");
  binary("row", "add", "warp_row", "lane_row");
  binary("row_start", "mul", "row", "c128");
  binary("quad", "urem", "lane", "c4");
  binary("column", "mul", "quad", "c2");
  binary("first", "add", "row_start", "column");
  for (uint32_t i = 0; i < sums; ++i) {
    std::string name = "at" + to_string(i);
    constant(name + "_by", i / 4 * 8 + i % 4 / 2 * 8 * kernel.columns + i % 2);
    binary(name, "add", "first", name + "_by");
    line("%to" + to_string(i) + " = llvm.getelementptr %out[%" + name +
         "] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32");
    line("llvm.store %x#" + to_string(i) + ", %to" + to_string(i) + " : f32, !llvm.ptr<1>");
  }
}

std::string SpecializedMatmulKernel::text() const {
  Writer writer{*this, {}};
  writer.header();
  writer.initialise();
  writer.producer();
  writer.consumer();
  return writer.text + "  }\n}\n";
}

} // namespace ashlar::test
