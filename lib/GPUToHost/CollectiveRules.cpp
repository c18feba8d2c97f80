//===-- CollectiveRules.cpp - Host forms of operations in which threads work together ---===//
//
// Barriers, shuffles, votes, matrix stores and asynchronous copies become calls of the simulator.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace ashlar::host {

#define ASHLAR_API_SLOT(function) offsetof(AshlarSimulatorApi, function)

/// Replaces the operation by a value, or erases it.
static LogicalResult replace(Operation *op, Value value = {}) {
  if (value)
    op->replaceAllUsesWith(ValueRange{value});
  op->erase();
  return success();
}

//===-- Barriers ----------------------------------------------------------===//

static LogicalResult lowerBarrier0(FunctionLowering &lowering, Operation *op) {
  Value zero = lowering.constant(0);
  lowering.callApi(ASHLAR_API_SLOT(barrier), {}, {lowering.thread, zero, zero, lowering.site(op)});
  return replace(op);
}

static LogicalResult lowerBarrier(FunctionLowering &lowering, Operation *op) {
  auto barrier = cast<NVVM::BarrierOp>(op);
  Value id = barrier.getBarrierId() ? barrier.getBarrierId() : lowering.constant(0);
  Value count = barrier.getNumberOfThreads() ? barrier.getNumberOfThreads() : lowering.constant(0);
  if (!barrier.getReductionOp()) {
    lowering.callApi(ASHLAR_API_SLOT(barrier), {}, {lowering.thread, id, count, lowering.site(op)});
    return replace(op);
  }
  Value kind = lowering.constant(uint32_t(*barrier.getReductionOp()));
  return replace(op, lowering.callApi(ASHLAR_API_SLOT(barrierReduce), lowering.i32,
                                      {lowering.thread, id, count, kind, barrier.getReductionPredicate(),
                                       lowering.site(op)}));
}

static LogicalResult lowerSyncWarp(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(warpSync), {}, {lowering.thread, op->getOperand(0), lowering.site(op)});
  return replace(op);
}

//===-- Shuffles and votes ------------------------------------------------===//

static LogicalResult lowerShuffle(FunctionLowering &lowering, Operation *op) {
  auto shuffle = cast<NVVM::ShflOp>(op);
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  Type type = shuffle.getVal().getType();
  Value word = shuffle.getVal();
  if (type != lowering.i32)
    word = LLVM::BitcastOp::create(builder, location, lowering.i32, word);
  Value both = lowering.callApi(ASHLAR_API_SLOT(shuffle), lowering.i64,
                                {lowering.thread, lowering.constant(uint32_t(shuffle.getKind())),
                                 shuffle.getThreadMask(), word, shuffle.getOffset(),
                                 shuffle.getMaskAndClamp(), lowering.site(op)});
  Value result = LLVM::TruncOp::create(builder, location, lowering.i32, both);
  if (type != lowering.i32)
    result = LLVM::BitcastOp::create(builder, location, type, result);
  if (auto pair = dyn_cast<LLVM::LLVMStructType>(shuffle.getType())) {
    Value width = LLVM::ConstantOp::create(builder, location, lowering.i64, builder.getI64IntegerAttr(32));
    Value high = LLVM::LShrOp::create(builder, location, both, width);
    Value isValid = LLVM::TruncOp::create(builder, location, builder.getI1Type(), high);
    Value empty = LLVM::UndefOp::create(builder, location, pair);
    result = LLVM::InsertValueOp::create(builder, location, empty, result, ArrayRef<int64_t>{0});
    result = LLVM::InsertValueOp::create(builder, location, result, isValid, ArrayRef<int64_t>{1});
  }
  return replace(op, result);
}

static LogicalResult lowerVote(FunctionLowering &lowering, Operation *op) {
  auto vote = cast<NVVM::VoteSyncOp>(op);
  Value predicate = LLVM::ZExtOp::create(lowering.builder, lowering.location, lowering.i32, vote.getPred());
  Value result = lowering.callApi(ASHLAR_API_SLOT(vote), lowering.i32,
                                  {lowering.thread, lowering.constant(uint32_t(vote.getKind())),
                                   vote.getMask(), predicate, lowering.site(op)});
  if (vote.getType() != lowering.i32)
    result = LLVM::TruncOp::create(lowering.builder, lowering.location, vote.getType(), result);
  return replace(op, result);
}

static LogicalResult lowerReduce(FunctionLowering &lowering, Operation *op) {
  auto reduce = cast<NVVM::ReduxOp>(op);
  if (reduce.getType() != lowering.i32)
    return op->emitOpError("on floating-point values has no form for the simulator");
  return replace(op, lowering.callApi(ASHLAR_API_SLOT(reduce), lowering.i32,
                                      {lowering.thread, lowering.constant(uint32_t(reduce.getKind())),
                                       reduce.getMaskAndClamp(), reduce.getVal(), lowering.site(op)}));
}

static LogicalResult lowerElect(FunctionLowering &lowering, Operation *op) {
  auto elect = cast<NVVM::ElectSyncOp>(op);
  Value mask = elect.getMembermask() ? elect.getMembermask() : lowering.constant(~0u);
  Value word =
      lowering.callApi(ASHLAR_API_SLOT(elect), lowering.i32, {lowering.thread, mask, lowering.site(op)});
  return replace(
      op, LLVM::TruncOp::create(lowering.builder, lowering.location, lowering.builder.getI1Type(), word));
}

//===-- Matrix stores -----------------------------------------------------===//

static LogicalResult lowerStoreMatrix(FunctionLowering &lowering, Operation *op) {
  auto store = cast<NVVM::StMatrixOp>(op);
  bool isKnown = store.getEltType() == NVVM::LdStMatrixEltType::B16 && store.getShape().getM() == 8 &&
                 store.getShape().getN() == 8;
  if (!isKnown)
    return op->emitOpError("of other than 8x8 matrices of 16-bit elements has no form for the simulator");
  uint32_t flags = uint32_t(store.getSources().size()) |
                   (store.getLayout() == NVVM::MMALayout::col ? uint32_t(ASHLAR_MATRIX_TRANSPOSED) : 0u);
  Value area = lowering.registers(uint32_t(store.getSources().size()));
  for (auto [i, source] : llvm::enumerate(store.getSources()))
    LLVM::StoreOp::create(lowering.builder, lowering.location, source, lowering.byteOffset(area, 4 * i),
                          /*alignment=*/4);
  lowering.callApi(
      ASHLAR_API_SLOT(storeMatrix), {},
      {lowering.thread, lowering.generic(store.getPtr()), lowering.constant(flags), area, lowering.site(op)});
  return replace(op);
}

//===-- Asynchronous copies -----------------------------------------------===//

static LogicalResult callCopy(FunctionLowering &lowering, Operation *op, Value destination, Value source,
                              uint32_t bytes, Value sourceBytes) {
  Value size = lowering.constant(bytes);
  lowering.callApi(ASHLAR_API_SLOT(copyAsync), {},
                   {lowering.thread, lowering.generic(destination), lowering.generic(source), size,
                    sourceBytes ? sourceBytes : size, lowering.site(op)});
  return replace(op);
}

static LogicalResult lowerCopy(FunctionLowering &lowering, Operation *op) {
  auto copy = cast<NVVM::CpAsyncOp>(op);
  return callCopy(lowering, op, copy.getDst(), copy.getSrc(), copy.getSize(), copy.getCpSize());
}

static LogicalResult lowerPtxCopy(FunctionLowering &lowering, Operation *op) {
  auto copy = cast<ptx::CpAsyncOp>(op);
  return callCopy(lowering, op, copy.getDestination(), copy.getSource(), copy.getBytes(),
                  copy.getSourceBytes());
}

static LogicalResult lowerCommit(FunctionLowering &lowering, Operation *op) {
  lowering.callApi(ASHLAR_API_SLOT(commitGroup), {}, {lowering.thread});
  return replace(op);
}

static LogicalResult lowerWait(FunctionLowering &lowering, Operation *op) {
  Value pending = lowering.constant(cast<NVVM::CpAsyncWaitGroupOp>(op).getN());
  lowering.callApi(ASHLAR_API_SLOT(waitGroup), {}, {lowering.thread, pending, lowering.site(op)});
  return replace(op);
}

void addCollectiveRules(llvm::StringMap<InstructionRule> &rules) {
  rules["nvvm.barrier0"] = lowerBarrier0;
  rules["nvvm.barrier"] = lowerBarrier;
  rules["nvvm.bar.warp.sync"] = lowerSyncWarp;
  rules["nvvm.shfl.sync"] = lowerShuffle;
  rules["nvvm.vote.sync"] = lowerVote;
  rules["nvvm.redux.sync"] = lowerReduce;
  rules["nvvm.elect.sync"] = lowerElect;
  rules["nvvm.stmatrix"] = lowerStoreMatrix;
  rules["nvvm.cp.async.shared.global"] = lowerCopy;
  rules["nvvm.cp.async.commit.group"] = lowerCommit;
  rules["nvvm.cp.async.wait.group"] = lowerWait;
  rules["ptx.cp_async"] = lowerPtxCopy;
}

} // namespace ashlar::host
