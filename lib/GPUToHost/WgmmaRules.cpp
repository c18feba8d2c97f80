//===-- WgmmaRules.cpp - Host forms of the products of a warp group -------===//
//
// Registers go to the stack and come back from there: accumulators first, those of A behind them.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace ashlar::host {

static uint32_t elementCode(ptx::WgmmaElement element) {
  switch (element) {
  case ptx::WgmmaElement::F16:
    return ASHLAR_MMA_F16;
  case ptx::WgmmaElement::BF16:
    return ASHLAR_MMA_BF16;
  case ptx::WgmmaElement::TF32:
    return ASHLAR_MMA_TF32;
  case ptx::WgmmaElement::E4M3:
    return ASHLAR_MMA_E4M3;
  case ptx::WgmmaElement::E5M2:
    return ASHLAR_MMA_E5M2;
  case ptx::WgmmaElement::S8:
    return ASHLAR_MMA_S8;
  case ptx::WgmmaElement::U8:
    return ASHLAR_MMA_U8;
  }
  llvm_unreachable("unknown element");
}

/// The values as words on the stack.
static Value storeRegisters(FunctionLowering &lowering, ValueRange values) {
  Value area = lowering.registers(uint32_t(values.size()));
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(lowering.builder, lowering.location, value, lowering.byteOffset(area, 4 * i),
                          /*alignment=*/4);
  return area;
}

/// Replaces the results by the first words on the stack.
static LogicalResult replaceByRegisters(FunctionLowering &lowering, Operation *op, Value area) {
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    if (!result.use_empty())
      result.replaceAllUsesWith(lowering.loadRegisters(area, uint32_t(i), result.getType()));
  op->erase();
  return success();
}

static LogicalResult lowerWgmma(FunctionLowering &lowering, Operation *op) {
  auto product = cast<ptx::WgmmaOp>(op);
  bool aIsInRegisters = !product.getADescriptor();
  uint32_t flags = (product.getTransposedA() ? uint32_t(ASHLAR_WGMMA_TRANSPOSED_A) : 0u) |
                   (product.getTransposedB() ? uint32_t(ASHLAR_WGMMA_TRANSPOSED_B) : 0u) |
                   (aIsInRegisters ? uint32_t(ASHLAR_WGMMA_A_IN_REGISTERS) : 0u);
  uint32_t variant = ASHLAR_WGMMA_VARIANT(elementCode(product.getAElement()),
                                          elementCode(product.getBElement()), product.getN(), flags);
  SmallVector<Value> registers = llvm::to_vector(product.getAccumulators());
  llvm::append_range(registers, product.getARegisters());
  Value area = storeRegisters(lowering, registers);
  Value a = product.getADescriptor();
  if (aIsInRegisters)
    a = LLVM::ConstantOp::create(lowering.builder, lowering.location, lowering.i64,
                                 lowering.builder.getI64IntegerAttr(0));
  lowering.callApi(offsetof(AshlarSimulatorApi, wgmma), {},
                   {lowering.thread, lowering.constant(variant), a, product.getBDescriptor(),
                    product.getAccumulate(), area, lowering.site(op)});
  return replaceByRegisters(lowering, op, area);
}

/// The registers pass on as they are.
static LogicalResult lowerFence(FunctionLowering &lowering, Operation *op) {
  Value area = storeRegisters(lowering, op->getOperands());
  lowering.callApi(offsetof(AshlarSimulatorApi, wgmmaFence), {},
                   {lowering.thread, area, lowering.constant(op->getNumOperands()), lowering.site(op)});
  op->replaceAllUsesWith(op->getOperands());
  op->erase();
  return success();
}

static LogicalResult lowerCommit(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(offsetof(AshlarSimulatorApi, wgmmaCommit), {}, {lowering.thread});
  op->erase();
  return success();
}

static LogicalResult wait(FunctionLowering &lowering, Operation *op, uint32_t pending) {
  Value area = storeRegisters(lowering, op->getOperands());
  lowering.callApi(offsetof(AshlarSimulatorApi, wgmmaWait), {},
                   {lowering.thread, lowering.constant(pending), area,
                    lowering.constant(op->getNumOperands()), lowering.site(op)});
  return replaceByRegisters(lowering, op, area);
}

static LogicalResult lowerWait(FunctionLowering &lowering, Operation *op) {
  return wait(lowering, op, cast<ptx::WgmmaWaitOp>(op).getPending());
}

static LogicalResult lowerWaitWithoutRegisters(FunctionLowering &lowering, Operation *op) {
  return wait(lowering, op, uint32_t(cast<NVVM::WgmmaWaitGroupSyncOp>(op).getGroup()));
}

void addWgmmaRules(llvm::StringMap<InstructionRule> &rules) {
  rules["ptx.wgmma"] = lowerWgmma;
  rules["ptx.wgmma_fence"] = lowerFence;
  rules["ptx.wgmma_wait"] = lowerWait;
  rules["nvvm.wgmma.fence.aligned"] = lowerFence;
  rules["nvvm.wgmma.commit.group.sync.aligned"] = lowerCommit;
  rules["nvvm.wgmma.wait.group.sync.aligned"] = lowerWaitWithoutRegisters;
}

} // namespace ashlar::host
