//===-- HopperRules.cpp - Host forms of what sm_90 added ------------------===//
//
// Memory barriers, copies by tensor maps, clusters and register hand-over become calls of the simulator.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace ashlar::host {

#define ASHLAR_API_SLOT(function) offsetof(AshlarSimulatorApi, function)

static LogicalResult replaceBy(Operation *op, Value value = {}) {
  if (value && op->getNumResults())
    op->replaceAllUsesWith(ValueRange{value});
  op->erase();
  return success();
}

/// Predicates would need control flow, which kernels write themselves.
static LogicalResult refusePredicate(Operation *op, Value predicate) {
  return predicate ? op->emitOpError("with a predicate has no form for the simulator; use control flow")
                   : success();
}

//===-- Memory barriers ---------------------------------------------------===//

static LogicalResult lowerInit(FunctionLowering &lowering, Operation *op) {
  auto init = cast<NVVM::MBarrierInitOp>(op);
  if (failed(refusePredicate(op, init.getPredicate())))
    return failure();
  lowering.callApi(ASHLAR_API_SLOT(mbarrierInit), {},
                   {lowering.thread, lowering.generic(init.getAddr()), init.getCount(), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerInvalidate(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(mbarrierInvalidate), {},
                   {lowering.thread, lowering.generic(op->getOperand(0)), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult callArrive(FunctionLowering &lowering, Operation *op, Value barrier, uint32_t flags,
                                Value count, Value bytes) {
  Value phase = lowering.callApi(ASHLAR_API_SLOT(mbarrierArrive), lowering.i64,
                                 {lowering.thread, lowering.generic(barrier), lowering.constant(flags),
                                  count ? count : lowering.constant(1), bytes ? bytes : lowering.constant(0),
                                  lowering.site(op)});
  return replaceBy(op, phase);
}

static uint32_t relaxedFlag(bool isRelaxed) { return isRelaxed ? uint32_t(ASHLAR_ARRIVE_RELAXED) : 0u; }

static LogicalResult lowerArrive(FunctionLowering &lowering, Operation *op) {
  auto arrive = cast<NVVM::MBarrierArriveOp>(op);
  return callArrive(lowering, op, arrive.getAddr(), ASHLAR_ARRIVE_COUNT | relaxedFlag(arrive.getRelaxed()),
                    arrive.getCount(), {});
}

static LogicalResult lowerArriveExpect(FunctionLowering &lowering, Operation *op) {
  auto arrive = cast<NVVM::MBarrierArriveExpectTxOp>(op);
  if (failed(refusePredicate(op, arrive.getPredicate())))
    return failure();
  return callArrive(lowering, op, arrive.getAddr(),
                    ASHLAR_ARRIVE_EXPECT | ASHLAR_ARRIVE_COUNT | relaxedFlag(arrive.getRelaxed()), {},
                    arrive.getTxcount());
}

static LogicalResult lowerExpect(FunctionLowering &lowering, Operation *op) {
  auto expect = cast<NVVM::MBarrierExpectTxOp>(op);
  return callArrive(lowering, op, expect.getAddr(), ASHLAR_ARRIVE_EXPECT, {}, expect.getTxcount());
}

static LogicalResult lowerWait(FunctionLowering &lowering, Operation *op) {
  auto wait = cast<NVVM::MBarrierTryWaitParityOp>(op);
  lowering.callApi(ASHLAR_API_SLOT(mbarrierWait), {},
                   {lowering.thread, lowering.generic(wait.getAddr()), wait.getPhase(), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerCopyArrive(FunctionLowering &lowering, Operation *op) {
  auto arrive = cast<NVVM::CpAsyncMBarrierArriveOp>(op);
  lowering.callApi(ASHLAR_API_SLOT(copyAsyncArrive), {},
                   {lowering.thread, lowering.generic(arrive.getAddr()), lowering.constant(arrive.getNoinc()),
                    lowering.site(op)});
  return replaceBy(op);
}

//===-- Fences ------------------------------------------------------------===//

static LogicalResult callFence(FunctionLowering &lowering, Operation *op, uint32_t kind) {
  lowering.callApi(ASHLAR_API_SLOT(fence), {}, {lowering.thread, lowering.constant(kind), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerInitFence(FunctionLowering &lowering, Operation *op) {
  return callFence(lowering, op, ASHLAR_FENCE_MBARRIER_INIT);
}

/// Fences of other proxies, and of the async proxy for global memory alone, order nothing that is checked.
static LogicalResult lowerProxyFence(FunctionLowering &lowering, Operation *op) {
  auto kind = cast<NVVM::FenceProxyOp>(op).getKind();
  if (kind == NVVM::ProxyKind::async || kind == NVVM::ProxyKind::async_shared)
    return callFence(lowering, op, ASHLAR_FENCE_PROXY_ASYNC);
  return replaceBy(op);
}

//===-- Copies by tensor maps ---------------------------------------------===//

/// Coordinates and im2col offsets in words on the stack.
static Value storeCoordinates(FunctionLowering &lowering, ValueRange coordinates, ValueRange offsets) {
  Value area = lowering.registers(uint32_t(coordinates.size() + offsets.size()));
  OpBuilder &builder = lowering.builder;
  uint32_t word = 0;
  auto store = [&](Value value) {
    LLVM::StoreOp::create(builder, lowering.location, value, lowering.byteOffset(area, 4 * word++),
                          /*alignment=*/4);
  };
  for (Value coordinate : coordinates)
    store(coordinate);
  for (Value offset : offsets)
    store(LLVM::ZExtOp::create(builder, lowering.location, lowering.i32, offset));
  return area;
}

static LogicalResult lowerTensorLoad(FunctionLowering &lowering, Operation *op) {
  auto load = cast<NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp>(op);
  if (failed(refusePredicate(op, load.getPredicate())))
    return failure();
  bool isIm2col = load.getMode() == NVVM::TMALoadMode::IM2COL;
  if (!(isIm2col || load.getMode() == NVVM::TMALoadMode::TILE) || load.getGroup())
    return op->emitOpError("in other than tiled and im2col mode of one block has no form for the simulator");
  uint32_t flags = uint32_t(load.getCoordinates().size()) | (isIm2col ? uint32_t(ASHLAR_TENSOR_IM2COL) : 0u);
  Value area = storeCoordinates(lowering, load.getCoordinates(), load.getIm2colOffsets());
  Value mask = lowering.constant(0);
  if (load.getMulticastMask())
    mask = LLVM::ZExtOp::create(lowering.builder, lowering.location, lowering.i32, load.getMulticastMask());
  lowering.callApi(ASHLAR_API_SLOT(tensorLoad), {},
                   {lowering.thread, lowering.generic(load.getDstMem()), load.getTmaDescriptor(), area,
                    lowering.constant(flags), lowering.generic(load.getMbar()), mask, lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult callTensorStore(FunctionLowering &lowering, Operation *op, Value map, Value source,
                                     ValueRange coordinates, NVVM::TMAStoreMode mode, uint32_t flags) {
  if (mode != NVVM::TMAStoreMode::TILE)
    return op->emitOpError("in other than tiled mode has no form for the simulator");
  Value area = storeCoordinates(lowering, coordinates, {});
  lowering.callApi(ASHLAR_API_SLOT(tensorStore), {},
                   {lowering.thread, lowering.generic(source), lowering.generic(map), area,
                    lowering.constant(flags | uint32_t(coordinates.size())), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerTensorStore(FunctionLowering &lowering, Operation *op) {
  auto store = cast<NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp>(op);
  if (failed(refusePredicate(op, store.getPredicate())))
    return failure();
  return callTensorStore(lowering, op, store.getTmaDescriptor(), store.getSrcMem(), store.getCoordinates(),
                         store.getMode(), 0);
}

static LogicalResult lowerTensorReduce(FunctionLowering &lowering, Operation *op) {
  auto store = cast<NVVM::CpAsyncBulkTensorReduceOp>(op);
  if (store.getRedKind() != NVVM::TMAReduxKind::ADD)
    return op->emitOpError("of another kind than add has no form for the simulator");
  return callTensorStore(lowering, op, store.getTmaDescriptor(), store.getSrcMem(), store.getCoordinates(),
                         store.getMode(), ASHLAR_TENSOR_REDUCE_ADD);
}

static LogicalResult lowerPrefetch(FunctionLowering &lowering, Operation *op) {
  auto prefetch = cast<NVVM::PrefetchOp>(op);
  if (prefetch.getTensormap() && !prefetch.getPredicate())
    lowering.callApi(ASHLAR_API_SLOT(tensorPrefetch), {},
                     {lowering.thread, lowering.generic(prefetch.getAddr()), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerBulkCommit(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(bulkCommit), {}, {lowering.thread});
  return replaceBy(op);
}

static LogicalResult lowerBulkWait(FunctionLowering &lowering, Operation *op) {
  auto wait = cast<NVVM::CpAsyncBulkWaitGroupOp>(op);
  lowering.callApi(ASHLAR_API_SLOT(bulkWait), {},
                   {lowering.thread, lowering.constant(wait.getGroup()),
                    lowering.constant(wait.getRead().value_or(false)), lowering.site(op)});
  return replaceBy(op);
}

//===-- Clusters, barriers, registers -------------------------------------===//

template <bool isRelaxed>
static LogicalResult lowerClusterArrive(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(clusterArrive), {},
                   {lowering.thread, lowering.constant(isRelaxed), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerClusterWait(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(clusterWait), {}, {lowering.thread, lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerMapa(FunctionLowering &lowering, Operation *op) {
  auto mapa = cast<NVVM::MapaOp>(op);
  Value address =
      lowering.callApi(ASHLAR_API_SLOT(mapShared), lowering.pointer,
                       {lowering.thread, lowering.generic(mapa.getA()), mapa.getB(), lowering.site(op)});
  if (mapa.getType() != lowering.pointer)
    address = LLVM::AddrSpaceCastOp::create(lowering.builder, lowering.location, mapa.getType(), address);
  return replaceBy(op, address);
}

static LogicalResult lowerBarrierArrive(FunctionLowering &lowering, Operation *op) {
  auto arrive = cast<NVVM::BarrierArriveOp>(op);
  Value id = arrive.getBarrierId() ? arrive.getBarrierId() : lowering.constant(0);
  lowering.callApi(ASHLAR_API_SLOT(barrierArrive), {},
                   {lowering.thread, id, arrive.getNumberOfThreads(), lowering.site(op)});
  return replaceBy(op);
}

static LogicalResult lowerSetMaxRegisters(FunctionLowering &lowering, Operation *op) {
  auto set = cast<NVVM::SetMaxRegisterOp>(op);
  bool isIncrease = set.getAction() == NVVM::SetMaxRegisterAction::increase;
  lowering.callApi(ASHLAR_API_SLOT(setMaxRegisters), {},
                   {lowering.thread, lowering.constant(set.getRegCount()), lowering.constant(isIncrease),
                    lowering.site(op)});
  return replaceBy(op);
}

void addHopperRules(llvm::StringMap<InstructionRule> &rules) {
  rules["nvvm.mbarrier.init"] = lowerInit;
  rules["nvvm.mbarrier.inval"] = lowerInvalidate;
  rules["nvvm.mbarrier.arrive"] = lowerArrive;
  rules["nvvm.mbarrier.arrive.expect_tx"] = lowerArriveExpect;
  rules["nvvm.mbarrier.expect_tx"] = lowerExpect;
  rules["nvvm.mbarrier.try_wait.parity"] = lowerWait;
  rules["nvvm.cp.async.mbarrier.arrive"] = lowerCopyArrive;
  rules["nvvm.fence.mbarrier.init"] = lowerInitFence;
  rules["nvvm.fence.proxy"] = lowerProxyFence;
  rules["nvvm.cp.async.bulk.tensor.shared.cluster.global"] = lowerTensorLoad;
  rules["nvvm.cp.async.bulk.tensor.global.shared.cta"] = lowerTensorStore;
  rules["nvvm.cp.async.bulk.tensor.reduce"] = lowerTensorReduce;
  rules["nvvm.prefetch"] = lowerPrefetch;
  rules["nvvm.cp.async.bulk.commit.group"] = lowerBulkCommit;
  rules["nvvm.cp.async.bulk.wait_group"] = lowerBulkWait;
  rules["nvvm.cluster.arrive"] = lowerClusterArrive<false>;
  rules["nvvm.cluster.arrive.relaxed"] = lowerClusterArrive<true>;
  rules["nvvm.cluster.wait"] = lowerClusterWait;
  rules["nvvm.mapa"] = lowerMapa;
  rules["nvvm.barrier.arrive"] = lowerBarrierArrive;
  rules["nvvm.setmaxregister"] = lowerSetMaxRegisters;
}

} // namespace ashlar::host
