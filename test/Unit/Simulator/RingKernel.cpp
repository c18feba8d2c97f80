//===-- RingKernel.cpp - A ring of stages with faults to plant ------------===//
//
// The text of the kernel: thread 0 produces, warp 1 consumes.
//
//===----------------------------------------------------------------------===//

#include "RingKernel.h"

namespace ashlar::test {

namespace {

/// Collects lines. Values are named by the caller.
struct Writer {
  const RingKernel &kernel;
  std::string text;

  bool has(RingFault fault) const { return kernel.fault == fault; }
  void line(const std::string &code) { text += "    " + code + "\n"; }
  void label(const std::string &name) { text += "  ^" + name + ":\n"; }
  void constant(const std::string &name, uint32_t value) {
    line("%" + name + " = llvm.mlir.constant(" + std::to_string(int32_t(value)) + " : i32) : i32");
  }
  void binary(const std::string &name, const std::string &op, const std::string &a, const std::string &b) {
    line("%" + name + " = llvm." + op + " %" + a + ", %" + b + " : i32");
  }
  /// `name` is the shared address at this offset.
  void shared(const std::string &name, const std::string &offset) {
    line("%" + name + " = llvm.getelementptr %shared[%" + offset +
         "] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8");
  }
  void fence() {
    line("nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}");
  }
  void warpSync() { line("nvvm.bar.warp.sync %full_mask : i32"); }
  void wait(const std::string &barrier, const std::string &parity) {
    line("nvvm.mbarrier.try_wait.parity %" + barrier + ", %" + parity + ", %ticks : !llvm.ptr<3>, i32, i32");
  }
  void arrive(const std::string &barrier) { line("nvvm.mbarrier.arrive %" + barrier + " : !llvm.ptr<3>"); }

  void header();
  void initialise();
  void stageOf(const std::string &trip, const std::string &p);
  void producer();
  void consumer();
  void consumeStage();
  void storeResult();
};

} // namespace

void Writer::header() {
  text += "gpu.module @kernels {\n  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, "
          "alignment = "
          "1024 : i64} : !llvm.array<0 x i8>\n";
  const std::string map =
      "!llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}";
  text += "  llvm.func @ring(%trips: i32, %in: " + map + ", %out: " + map +
          ") attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 64, 1, 1>} {\n";
  line("%shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>");
  line("%tid = nvvm.read.ptx.sreg.tid.x : i32");
  line("%lane = nvvm.read.ptx.sreg.laneid : i32");
  for (uint32_t value : {0, 1, 2, 3, 4, 7, 8, 16, 32})
    constant("c" + std::to_string(value), value);
  constant("full_mask", ~0u);
  constant("ticks", 10000000);
  constant("stages", kernel.stages);
  constant("box_bytes", kernel.boxBytes);
  constant("stage_bytes", has(RingFault::UnalignedBox) ? kernel.boxBytes + 16 : kernel.boxBytes);
  int expected = int(kernel.boxBytes);
  expected += has(RingFault::ShortExpectation) ? -16 : has(RingFault::LongExpectation) ? 16 : 0;
  constant("expected", uint32_t(expected));
  constant("barrier_offset", kernel.barrierOffset);
  constant("staging_offset", kernel.stagingOffset);
  constant("first_stage", has(RingFault::OutOfShared) ? kernel.sharedBytes / 128 * 128 : 0);
  shared("staging", "staging_offset");
  line("%is_first = llvm.icmp \"eq\" %tid, %c0 : i32");
  line("%is_lane0 = llvm.icmp \"eq\" %lane, %c0 : i32");
  line("%is_producer_warp = llvm.icmp \"ult\" %tid, %c32 : i32");
}

void Writer::initialise() {
  line("llvm.cond_br %is_first, ^initialise, ^initialised");
  label("initialise");
  line("nvvm.prefetch tensormap, %in : !llvm.ptr");
  for (uint32_t stage = 0; stage < kernel.stages && !has(RingFault::NoInit); ++stage)
    for (uint32_t which = 0; which < 2; ++which) {
      std::string name = "init" + std::to_string(2 * stage + which);
      constant(name + "_offset", kernel.barrierOffset + 16 * stage + 8 * which);
      shared(name, name + "_offset");
      line("nvvm.mbarrier.init %" + name + ", %c1 : !llvm.ptr<3>, i32");
    }
  if (has(RingFault::InitTwice))
    line("nvvm.mbarrier.init %init0, %c1 : !llvm.ptr<3>, i32");
  if (!has(RingFault::NoInitFence))
    line("nvvm.fence.mbarrier.init");
  line("llvm.br ^initialised");
  label("initialised");
  if (!has(RingFault::NoInitBarrier))
    line("nvvm.barrier");
  if (has(RingFault::StoreToBarrier)) {
    shared("barrier0", "barrier_offset");
    line("llvm.store %c0, %barrier0 : i32, !llvm.ptr<3>");
  }
  line("llvm.cond_br %is_producer_warp, ^producer_warp, ^consumer(%c0 : i32)");
}

/// Stage, barriers and parities of a trip; the names begin with `p`.
void Writer::stageOf(const std::string &trip, const std::string &p) {
  binary(p + "_stage", "urem", trip, "stages");
  binary(p + "_round", "udiv", trip, "stages");
  binary(p + "_parity", "and", p + "_round", "c1");
  binary(p + "_other_parity", "xor", p + "_parity", "c1");
  binary(p + "_within", "mul", p + "_stage", "stage_bytes");
  binary(p + "_data_offset", "add", p + "_within", "first_stage");
  shared(p + "_data", p + "_data_offset");
  binary(p + "_pair", "mul", p + "_stage", "c16");
  binary(p + "_full_offset", "add", p + "_pair", "barrier_offset");
  binary(p + "_empty_offset", "add", p + "_full_offset", "c8");
  shared(p + "_full", p + "_full_offset");
  shared(p + "_empty", p + "_empty_offset");
  binary(p + "_row", "mul", trip, "c4");
}

void Writer::producer() {
  label("producer_warp");
  line("llvm.cond_br %is_first, ^produce(%c0 : i32), ^done");
  text += "  ^produce(%t: i32):\n";
  line("%more = llvm.icmp \"ult\" %t, %trips : i32");
  line("llvm.cond_br %more, ^fill, ^done");
  label("fill");
  stageOf("t", "p");
  if (!has(RingFault::NoWaitForStage))
    wait("p_empty", has(RingFault::FlippedStagePhase) ? "p_parity" : "p_other_parity");
  line("nvvm.mbarrier.arrive.expect_tx %p_full, %expected : !llvm.ptr<3>, i32");
  line("%destination = llvm.addrspacecast %p_data : !llvm.ptr<3> to !llvm.ptr<7>");
  line("nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %in, %p_full, box[%c0, %p_row] : "
       "!llvm.ptr<7>, !llvm.ptr");
  line("%t_next = llvm.add %t, %c1 : i32");
  line("llvm.br ^produce(%t_next : i32)");
}

/// Reads this lane's column of the stage, chunks in the places that the swizzle gives them.
void Writer::consumeStage() {
  if (has(RingFault::NoWaitForData)) {
    line("%is_first_trip = llvm.icmp \"eq\" %u, %c0 : i32");
    line("llvm.cond_br %is_first_trip, ^wait, ^waited");
    label("wait");
  }
  wait("q_full", has(RingFault::FlippedPhase) ? "q_other_parity" : "q_parity");
  if (has(RingFault::NoWaitForData)) {
    line("llvm.br ^waited");
    label("waited");
  }
  if (has(RingFault::EarlyRelease)) {
    line("llvm.cond_br %is_lane0, ^release, ^released");
    label("release");
    arrive("q_empty");
    line("llvm.br ^released");
    label("released");
    warpSync();
  }
  binary("chunk", "udiv", "lane", "c4");
  binary("in_chunk", "and", "lane", "c3");
  for (uint32_t row = 0; row < kernel.rows; ++row) {
    std::string r = std::to_string(row);
    constant("row_start" + r, 32 * row);
    // Chunks of 16 bytes change places within their line of 128 bytes, by the number of the line.
    binary("line_start" + r, "udiv", "q_data_offset", "c128");
    constant("row" + r, row);
    binary("line" + r, "add", "line_start" + r, "row" + r);
    binary("line_low" + r, "and", "line" + r, "c7");
    binary("swizzled_chunk" + r, "xor", "chunk", "line_low" + r);
    binary("first_of_chunk" + r, "mul", "swizzled_chunk" + r, "c4");
    binary("in_row" + r, "add", "first_of_chunk" + r, "in_chunk");
    binary("at" + r, "add", "in_row" + r, "row_start" + r);
    line("%from" + r + " = llvm.getelementptr %q_data[%at" + r +
         "] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32");
    line("%x" + r + " = llvm.load %from" + r + " : !llvm.ptr<3> -> f32");
    line("%y" + r + " = llvm.fadd %x" + r + ", %x" + r + " : f32");
  }
  if (has(RingFault::EarlyRelease))
    return;
  if (!has(RingFault::NoReleaseFence))
    fence();
  if (!has(RingFault::NoWarpSync))
    warpSync();
  if (has(RingFault::TooManyArrivals)) {
    arrive("q_empty");
    return;
  }
  line("llvm.cond_br %is_lane0, ^release, ^released");
  label("release");
  arrive("q_empty");
  line("llvm.br ^released");
  label("released");
}

void Writer::storeResult() {
  if (!has(RingFault::NoStoreWait)) {
    line("nvvm.cp.async.bulk.wait_group 0 {read}");
    warpSync();
  }
  for (uint32_t row = 0; row < kernel.rows; ++row) {
    std::string r = std::to_string(row);
    binary("to_at" + r, "add", "lane", "row_start" + r);
    line("%to" + r + " = llvm.getelementptr %staging[%to_at" + r +
         "] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32");
    line("llvm.store %y" + r + ", %to" + r + " : f32, !llvm.ptr<3>");
  }
  if (!has(RingFault::NoStoreFence))
    fence();
  if (!has(RingFault::NoStoreSync))
    warpSync();
  line("llvm.cond_br %is_lane0, ^store, ^stored");
  label("store");
  if (kernel.adds)
    line("nvvm.cp.async.bulk.tensor.reduce %out, %staging, box[%c0, %q_row] {redKind = "
         "#nvvm.tma_redux_kind<add>} : "
         "!llvm.ptr, !llvm.ptr<3>");
  else
    line("nvvm.cp.async.bulk.tensor.global.shared.cta %out, %staging, box[%c0, %q_row] : !llvm.ptr, "
         "!llvm.ptr<3>");
  line("nvvm.cp.async.bulk.commit.group");
  line("llvm.br ^stored");
  label("stored");
}

void Writer::consumer() {
  text += "  ^consumer(%u: i32):\n";
  constant("c128", 128);
  line("%more_to_consume = llvm.icmp \"ult\" %u, %trips : i32");
  line("llvm.cond_br %more_to_consume, ^consume, ^consumed");
  label("consume");
  stageOf("u", "q");
  consumeStage();
  storeResult();
  line("%u_next = llvm.add %u, %c1 : i32");
  line("llvm.br ^consumer(%u_next : i32)");
  label("consumed");
  if (!has(RingFault::NoFinalStoreWait) && !has(RingFault::NoStoreWait))
    line("nvvm.cp.async.bulk.wait_group 0");
  line("llvm.br ^done");
  label("done");
  line("llvm.return");
}

std::string RingKernel::text() const {
  Writer writer{*this, {}};
  writer.header();
  writer.initialise();
  writer.producer();
  writer.consumer();
  return writer.text + "  }\n}\n";
}

} // namespace ashlar::test
