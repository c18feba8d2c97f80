//===-- WgmmaKernel.cpp - A product of warp groups with faults to plant -----===//
//
// Emits the text of the kernel, an operation a line.
//
//===----------------------------------------------------------------------===//

#include "WgmmaKernel.h"
#include <vector>

namespace ashlar::test {

using std::to_string;

namespace {

class Writer {
public:
  explicit Writer(const WgmmaKernel &kernel) : kernel(kernel), type(kernel.isInteger() ? "i32" : "f32") {}
  std::string write();

private:
  using Name = std::string;
  void line(const std::string &text) { body += "    " + text + "\n"; }
  Name value(const std::string &operation) {
    Name name = "%v" + to_string(next++);
    line(name + " = " + operation);
    return name;
  }
  Name word(int64_t number) { return value("llvm.mlir.constant(" + to_string(number) + " : i32) : i32"); }
  Name at(const char *base, const Name &byte, bool isShared) {
    std::string pointer = isShared ? "!llvm.ptr<3>" : "!llvm.ptr<1>";
    return value(std::string("llvm.getelementptr ") + base + "[" + byte + "] : (" + pointer + ", i32) -> " +
                 pointer + ", i8");
  }
  static std::string list(const std::vector<Name> &names) {
    std::string text;
    for (const Name &name : names)
      text += (text.empty() ? "" : ", ") + name;
    return text;
  }
  /// An operation with as many results as there are sums.
  void passOn(const std::string &operation, std::vector<Name> &names) {
    Name result = "%v" + to_string(next++);
    line(result + ":" + to_string(names.size()) + " = " + operation);
    for (size_t i = 0; i < names.size(); ++i)
      names[i] = result + "#" + to_string(i);
  }

  void copyTile(uint32_t tile, uint32_t stage);
  void settleCopies();
  void fence(std::vector<Name> &registers, const std::string &type) {
    passOn("ptx.wgmma_fence (" + list(registers) + ") : " + type, registers);
  }
  void loadRegistersOfA(uint32_t tile);
  void multiply(uint32_t stage);
  void wait(uint32_t pending) {
    passOn("ptx.wgmma_wait " + to_string(pending) + " (" + list(sums) + ") : " + type, sums);
  }
  void touchSums();
  Name descriptor(const OperandLayout &layout, uint32_t address, uint32_t step);

  const WgmmaKernel &kernel;
  const std::string type;
  std::string body;
  unsigned next = 0;
  std::vector<Name> sums;
  Name accumulate = "%zero";
  /// Of the tile at hand, four a step.
  std::vector<Name> registersOfA;
};

} // namespace

/// Each thread copies one of as many units of 16 bytes as there are threads.
void Writer::copyTile(uint32_t tile, uint32_t stage) {
  uint32_t units = kernel.stageBytes() / 16;
  if (kernel.fault == WgmmaFault::HalfATile && tile + 1 == kernel.tiles)
    units = kernel.bOffset() / 16 + units / 128 * 16;
  for (uint32_t first = 0; first < units; first += kernel.threads()) {
    Name byte = value("llvm.add %myUnit, " + word(first * 16) + " : i32");
    Name from =
        at("%image", value("llvm.add " + byte + ", " + word(tile * kernel.stageBytes()) + " : i32"), false);
    Name to =
        at("%shared", value("llvm.add " + byte + ", " + word(stage * kernel.stageBytes()) + " : i32"), true);
    line("nvvm.cp.async.shared.global " + to + ", " + from + ", 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>");
  }
  line("nvvm.cp.async.commit.group");
}

/// What was copied is there for everybody.
void Writer::settleCopies() {
  if (kernel.fault != WgmmaFault::NoCopyWait)
    line("nvvm.cp.async.wait.group 0");
  if (kernel.fault != WgmmaFault::NoProxyFence)
    line("nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}");
  if (kernel.fault != WgmmaFault::NoBarrier)
    line("nvvm.barrier0");
}

void Writer::loadRegistersOfA(uint32_t tile) {
  registersOfA.clear();
  for (uint32_t step = 0; step < kernel.a.stepCount(); ++step)
    for (uint32_t r = 0; r < 4; ++r) {
      uint32_t start = (tile * kernel.a.stepCount() + step) * WgmmaKernel::groupThreads * 16 + r * 4;
      Name from = at("%registers", value("llvm.add %unitInGroup, " + word(start) + " : i32"), false);
      registersOfA.push_back(value("llvm.load " + from + " : !llvm.ptr<1> -> i32"));
    }
}

Writer::Name Writer::descriptor(const OperandLayout &layout, uint32_t address, uint32_t step) {
  return value("llvm.mlir.constant(" + to_string(int64_t(layout.descriptor(address, step))) +
               " : i64) : i64");
}

void Writer::multiply(uint32_t stage) {
  uint32_t address = stage * kernel.stageBytes();
  uint32_t addressA = address + (kernel.fault == WgmmaFault::MisalignedTile ? 256 : 0);
  uint32_t addressB = address + kernel.bOffset() + (kernel.fault == WgmmaFault::DistantTile ? 128 * 1024 : 0);
  for (uint32_t step = 0; step < kernel.a.stepCount(); ++step) {
    Name b = descriptor(kernel.b, addressB, step);
    std::string a = kernel.aFormat.name;
    if (kernel.aIsInRegisters) {
      auto first = registersOfA.begin() + step * 4;
      a += " (" + list({first, first + 4}) + ")";
    } else {
      a += " [" + descriptor(kernel.a, addressA, step) + "]" + (kernel.a.isTransposed ? " transposed_a" : "");
    }
    if (kernel.fault == WgmmaFault::OtherOperands) {
      Name other = descriptor(kernel.b, addressB + 1024, step);
      b = value("llvm.select %isLastWarp, " + other + ", " + b + " : i1, i64");
    }
    passOn("ptx.wgmma n " + to_string(kernel.columns()) + " " + a + ", " + kernel.bFormat.name + " [" + b +
               "]" + (kernel.b.isTransposed ? " transposed_b" : "") + ", accumulate " + accumulate + ", (" +
               list(sums) + ") : " + type,
           sums);
    accumulate = "%one";
  }
}

void Writer::touchSums() {
  for (Name &sum : sums)
    sum = kernel.isInteger() ? value("llvm.add " + sum + ", %one : i32")
                             : value("llvm.fadd " + sum + ", %unit : f32");
}

std::string Writer::write() {
  const WgmmaFault fault = kernel.fault;
  line("%shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>");
  line("%zero = llvm.mlir.constant(0 : i32) : i32");
  line("%one = llvm.mlir.constant(1 : i32) : i32");
  line("%unit = llvm.mlir.constant(1.0 : f32) : f32");
  line("%none = llvm.mlir.constant(0.0 : f32) : f32");
  line("%tid = nvvm.read.ptx.sreg.tid.x : i32");
  line("%isLastWarp = llvm.icmp \"uge\" %tid, " + word(kernel.threads() - 32) + " : i32");
  line("%sixteen = llvm.mlir.constant(16 : i32) : i32");
  line("%myUnit = llvm.mul %tid, %sixteen : i32");
  line("%unitInGroup = llvm.urem %myUnit, " + word(WgmmaKernel::groupThreads * 16) + " : i32");
  if (fault == WgmmaFault::AbsentWarp || fault == WgmmaFault::WaitingWarp) {
    line("llvm.cond_br %isLastWarp, ^absent, ^present");
    body += "  ^absent:\n";
    for (uint32_t barrier = 0; fault == WgmmaFault::WaitingWarp && barrier < 2; ++barrier)
      line("nvvm.barrier0");
    body += "    llvm.return\n  ^present:\n";
  }
  sums.assign(kernel.columns() / 2, kernel.isInteger() ? "%zero" : "%none");
  copyTile(0, 0);
  for (uint32_t tile = 0; tile < kernel.tiles; ++tile) {
    const bool isLast = tile + 1 == kernel.tiles;
    settleCopies();
    if (tile == 0 && fault != WgmmaFault::NoFence)
      fence(sums, type);
    if (kernel.aIsInRegisters) {
      loadRegistersOfA(tile);
      if (fault != WgmmaFault::NoFenceForA)
        fence(registersOfA, "i32");
    }
    multiply(tile % 2);
    if (fault != WgmmaFault::NoCommit)
      line("nvvm.wgmma.commit.group.sync.aligned");
    if (fault == WgmmaFault::UseBeforeWait && isLast)
      touchSums();
    if (isLast)
      break;
    // Registers of A are loaded again, and must not be under products then.
    if (fault != WgmmaFault::NoWait)
      wait(kernel.aIsInRegisters || fault == WgmmaFault::TouchedAccumulators ? 0 : 1);
    if (fault == WgmmaFault::TouchedAccumulators)
      touchSums();
    if (kernel.groups > 1 && fault != WgmmaFault::NoBarrierOfGroups)
      line("nvvm.barrier0");
    copyTile(tile + 1, (tile + (fault == WgmmaFault::OverwrittenStage ? 2 : 1)) % 2);
  }
  if (fault != WgmmaFault::NoWait)
    wait(0);
  for (size_t r = 0; r < sums.size(); ++r) {
    Name start = value("llvm.mul %tid, " + word(int64_t(sums.size()) * 4) + " : i32");
    Name to = at("%out", value("llvm.add " + start + ", " + word(int64_t(r) * 4) + " : i32"), false);
    line("llvm.store " + sums[r] + ", " + to + " : " + type + ", !llvm.ptr<1>");
  }
  line("llvm.return");
  return "gpu.module @kernels {\n"
         "  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : "
         "!llvm.array<0 x i8>\n"
         "  llvm.func @product(%image: !llvm.ptr<1>, %registers: !llvm.ptr<1>, %out: !llvm.ptr<1>) "
         "attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: " +
         to_string(kernel.threads()) + ", 1, 1>} {\n" + body + "  }\n}\n";
}

std::string WgmmaKernel::text() const { return Writer(*this).write(); }

} // namespace ashlar::test
