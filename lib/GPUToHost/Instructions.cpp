//===-- Instructions.cpp - The host forms of nvvm and ptx operations ------===//
//
// Three tables: fields of the thread, functions of one thread's registers (a line adds an operation whose
// operands and result are passed as they are), and operations that mean nothing on the host. All else has a
// rule of its own.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace ashlar::host {

namespace {
struct ThreadField {
  StringLiteral operation;
  size_t offset;
};
struct RegisterFunction {
  StringLiteral operation;
  size_t slot;
  /// The function counts the instruction, so it wants to know the thread.
  bool takesThread;
};
} // namespace

static constexpr ThreadField threadFields[] = {
    {"nvvm.read.ptx.sreg.tid.x", offsetof(AshlarSimulatorThread, threadId)},
    {"nvvm.read.ptx.sreg.tid.y", offsetof(AshlarSimulatorThread, threadId) + 4},
    {"nvvm.read.ptx.sreg.tid.z", offsetof(AshlarSimulatorThread, threadId) + 8},
    {"nvvm.read.ptx.sreg.ctaid.x", offsetof(AshlarSimulatorThread, blockId)},
    {"nvvm.read.ptx.sreg.ctaid.y", offsetof(AshlarSimulatorThread, blockId) + 4},
    {"nvvm.read.ptx.sreg.ctaid.z", offsetof(AshlarSimulatorThread, blockId) + 8},
    {"nvvm.read.ptx.sreg.ntid.x", offsetof(AshlarSimulatorThread, blockSize)},
    {"nvvm.read.ptx.sreg.ntid.y", offsetof(AshlarSimulatorThread, blockSize) + 4},
    {"nvvm.read.ptx.sreg.ntid.z", offsetof(AshlarSimulatorThread, blockSize) + 8},
    {"nvvm.read.ptx.sreg.nctaid.x", offsetof(AshlarSimulatorThread, gridSize)},
    {"nvvm.read.ptx.sreg.nctaid.y", offsetof(AshlarSimulatorThread, gridSize) + 4},
    {"nvvm.read.ptx.sreg.nctaid.z", offsetof(AshlarSimulatorThread, gridSize) + 8},
    {"nvvm.read.ptx.sreg.laneid", offsetof(AshlarSimulatorThread, lane)},
    {"nvvm.read.ptx.sreg.warpid", offsetof(AshlarSimulatorThread, warp)},
    {"nvvm.read.ptx.sreg.cluster.ctarank", offsetof(AshlarSimulatorThread, clusterRank)},
    {"nvvm.read.ptx.sreg.cluster.nctarank", offsetof(AshlarSimulatorThread, clusterSize)},
    {"nvvm.read.ptx.sreg.cluster.ctaid.x", offsetof(AshlarSimulatorThread, clusterBlockId)},
    {"nvvm.read.ptx.sreg.cluster.ctaid.y", offsetof(AshlarSimulatorThread, clusterBlockId) + 4},
    {"nvvm.read.ptx.sreg.cluster.ctaid.z", offsetof(AshlarSimulatorThread, clusterBlockId) + 8},
    {"nvvm.read.ptx.sreg.cluster.nctaid.x", offsetof(AshlarSimulatorThread, clusterBlocks)},
    {"nvvm.read.ptx.sreg.cluster.nctaid.y", offsetof(AshlarSimulatorThread, clusterBlocks) + 4},
    {"nvvm.read.ptx.sreg.cluster.nctaid.z", offsetof(AshlarSimulatorThread, clusterBlocks) + 8},
    {"nvvm.read.ptx.sreg.clusterid.x", offsetof(AshlarSimulatorThread, clusterId)},
    {"nvvm.read.ptx.sreg.clusterid.y", offsetof(AshlarSimulatorThread, clusterId) + 4},
    {"nvvm.read.ptx.sreg.clusterid.z", offsetof(AshlarSimulatorThread, clusterId) + 8},
    {"nvvm.read.ptx.sreg.nclusterid.x", offsetof(AshlarSimulatorThread, clusterCount)},
    {"nvvm.read.ptx.sreg.nclusterid.y", offsetof(AshlarSimulatorThread, clusterCount) + 4},
    {"nvvm.read.ptx.sreg.nclusterid.z", offsetof(AshlarSimulatorThread, clusterCount) + 8},
};

static constexpr RegisterFunction registerFunctions[] = {
    {"ptx.ex2", offsetof(AshlarSimulatorApi, ex2), true},
    {"ptx.lg2", offsetof(AshlarSimulatorApi, lg2), true},
    {"ptx.tanh", offsetof(AshlarSimulatorApi, tanh), true},
    {"ptx.rcp", offsetof(AshlarSimulatorApi, rcp), true},
    {"ptx.rsqrt", offsetof(AshlarSimulatorApi, rsqrt), true},
    {"ptx.sqrt", offsetof(AshlarSimulatorApi, sqrt), true},
    {"ptx.sin", offsetof(AshlarSimulatorApi, sin), true},
    {"ptx.cos", offsetof(AshlarSimulatorApi, cos), true},
    {"nvvm.rcp.approx.ftz.f", offsetof(AshlarSimulatorApi, rcp), true},
};

/// Hints, and orderings that the simulator keeps anyway: it executes memory accesses in program order, and
/// launches one after the other.
static constexpr StringLiteral nothings[] = {
    "nvvm.memory.barrier",
    "nvvm.fence.sc.cluster",
    "nvvm.nanosleep",
    "nvvm.griddepcontrol",
};

static LogicalResult lowerThreadField(FunctionLowering &lowering, Operation *op, const ThreadField &field) {
  op->replaceAllUsesWith(ValueRange{lowering.threadField(field.offset, lowering.i32)});
  op->erase();
  return success();
}

static LogicalResult lowerRegisterFunction(FunctionLowering &lowering, Operation *op,
                                           const RegisterFunction &function) {
  SmallVector<Value> arguments;
  if (function.takesThread)
    arguments.push_back(lowering.thread);
  llvm::append_range(arguments, op->getOperands());
  op->replaceAllUsesWith(ValueRange{lowering.callApi(function.slot, op->getResult(0).getType(), arguments)});
  op->erase();
  return success();
}

static const llvm::StringMap<InstructionRule> &rules() {
  static const llvm::StringMap<InstructionRule> table = [] {
    llvm::StringMap<InstructionRule> map;
    addCollectiveRules(map);
    addRegisterRules(map);
    addHopperRules(map);
    addWgmmaRules(map);
    return map;
  }();
  return table;
}

LogicalResult lowerInstruction(FunctionLowering &lowering, Operation *op) {
  StringRef name = op->getName().getStringRef(), dialect = op->getName().getDialectNamespace();
  if (isa<LLVM::InlineAsmOp, LLVM::CallIntrinsicOp>(op))
    return op->emitOpError("has no form for the simulator; use an operation of the nvvm or ptx dialect");
  if (dialect == LLVM::LLVMDialect::getDialectNamespace())
    return success();
  lowering.startAt(op);
  for (const ThreadField &field : threadFields)
    if (name == field.operation)
      return lowerThreadField(lowering, op, field);
  for (const RegisterFunction &function : registerFunctions)
    if (name == function.operation)
      return lowerRegisterFunction(lowering, op, function);
  if (llvm::is_contained(nothings, name)) {
    op->erase();
    return success();
  }
  if (auto rule = rules().find(name); rule != rules().end())
    return rule->second(lowering, op);
  return op->emitOpError("has no form for the simulator");
}

} // namespace ashlar::host
