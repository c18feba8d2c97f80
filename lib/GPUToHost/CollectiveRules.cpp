//===-- CollectiveRules.cpp - Host forms of operations in which threads work together ---------------------===//
//
// Barriers, shuffles, votes, matrix instructions and asynchronous copies become calls of the simulator.
//
//===----------------------------------------------------------------------------------------------------===//

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

//===-- Barriers ----------------------------------------------------------------------------------------===//

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

//===-- Shuffles and votes ------------------------------------------------------------------------------===//

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
                                 shuffle.getThreadMask(), word, shuffle.getOffset(), shuffle.getMaskAndClamp(),
                                 lowering.site(op)});
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
  Value result =
      lowering.callApi(ASHLAR_API_SLOT(vote), lowering.i32,
                       {lowering.thread, lowering.constant(uint32_t(vote.getKind())), vote.getMask(), predicate,
                        lowering.site(op)});
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
  Value word = lowering.callApi(ASHLAR_API_SLOT(elect), lowering.i32, {lowering.thread, mask, lowering.site(op)});
  return replace(op, LLVM::TruncOp::create(lowering.builder, lowering.location, lowering.builder.getI1Type(), word));
}

//===-- Matrices ----------------------------------------------------------------------------------------===//

/// The ABI's number of an element type; nothing for types the simulator lacks.
static std::optional<uint32_t> mmaType(NVVM::MMATypes type) {
  switch (type) {
  case NVVM::MMATypes::f16:
    return ASHLAR_MMA_F16;
  case NVVM::MMATypes::bf16:
    return ASHLAR_MMA_BF16;
  case NVVM::MMATypes::tf32:
    return ASHLAR_MMA_TF32;
  case NVVM::MMATypes::s8:
    return ASHLAR_MMA_S8;
  case NVVM::MMATypes::u8:
    return ASHLAR_MMA_U8;
  case NVVM::MMATypes::s4:
    return ASHLAR_MMA_S4;
  case NVVM::MMATypes::u4:
    return ASHLAR_MMA_U4;
  case NVVM::MMATypes::f32:
    return ASHLAR_MMA_F32;
  case NVVM::MMATypes::s32:
    return ASHLAR_MMA_S32;
  default:
    return std::nullopt;
  }
}

/// Depths of m16n8kK for elements of this many bits.
static bool isKnownDepth(uint32_t type, uint32_t k) {
  switch (type) {
  case ASHLAR_MMA_F16:
  case ASHLAR_MMA_BF16:
    return k == 8 || k == 16;
  case ASHLAR_MMA_TF32:
    return k == 8;
  case ASHLAR_MMA_S8:
  case ASHLAR_MMA_U8:
    return k == 16 || k == 32;
  default:
    return k == 32 || k == 64;
  }
}

static std::optional<uint32_t> mmaVariant(NVVM::MmaOp mma) {
  auto operandType = [](std::optional<NVVM::MMATypes> stated, OperandRange operands) {
    if (stated)
      return mmaType(*stated);
    auto inferred = NVVM::MmaOp::inferOperandMMAType(operands.front().getType(), /*isAccumulator=*/false);
    return inferred ? mmaType(*inferred) : std::nullopt;
  };
  auto a = operandType(mma.getMultiplicandAPtxType(), mma.getOperandA());
  auto b = operandType(mma.getMultiplicandBPtxType(), mma.getOperandB());
  auto accumulator = mmaType(mma.accumPtxType()), result = mmaType(mma.resultPtxType());
  auto shape = mma.getShape();
  bool isRowByColumn = mma.getLayoutA() == NVVM::MMALayout::row && mma.getLayoutB() == NVVM::MMALayout::col;
  if (!a || !b || !accumulator || accumulator != result || !isRowByColumn || shape.getM() != 16 ||
      shape.getN() != 8 || !isKnownDepth(*a, uint32_t(shape.getK())))
    return std::nullopt;
  bool saturates = mma.getIntOverflowBehavior() == NVVM::MMAIntOverflow::satfinite;
  return ASHLAR_MMA_VARIANT(*a, *b, *accumulator, shape.getK(), saturates);
}

static LogicalResult lowerMma(FunctionLowering &lowering, Operation *op) {
  auto mma = cast<NVVM::MmaOp>(op);
  std::optional<uint32_t> variant = mmaVariant(mma);
  if (!variant)
    return op->emitOpError("of this shape and these types has no form for the simulator, which knows m16n8k8 and "
                           "m16n8k16 of f16 and bf16, m16n8k8 of tf32, m16n8k16 and m16n8k32 of 8-bit and m16n8k32 and "
                           "m16n8k64 of 4-bit integers");
  Value area = lowering.registers(op->getNumOperands());
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    LLVM::StoreOp::create(lowering.builder, lowering.location, operand, lowering.byteOffset(area, 4 * i),
                          /*alignment=*/4);
  lowering.callApi(ASHLAR_API_SLOT(mma), {},
                   {lowering.thread, lowering.constant(*variant), area, lowering.site(op)});
  uint32_t first = uint32_t(mma.getOperandA().size() + mma.getOperandB().size());
  return replace(op, lowering.loadRegisters(area, first, mma.getType()));
}

template <typename Op>
static std::optional<uint32_t> matrixFlags(Op op, uint32_t count) {
  bool isKnown = op.getEltType() == NVVM::LdStMatrixEltType::B16 && op.getShape().getM() == 8 &&
                 op.getShape().getN() == 8;
  if (!isKnown)
    return std::nullopt;
  return count | (op.getLayout() == NVVM::MMALayout::col ? uint32_t(ASHLAR_MATRIX_TRANSPOSED) : 0u);
}

static LogicalResult lowerLoadMatrix(FunctionLowering &lowering, Operation *op) {
  auto load = cast<NVVM::LdMatrixOp>(op);
  std::optional<uint32_t> flags = matrixFlags(load, load.getNum());
  if (!flags)
    return op->emitOpError("of other than 8x8 matrices of 16-bit elements has no form for the simulator");
  Value area = lowering.registers(load.getNum());
  lowering.callApi(ASHLAR_API_SLOT(loadMatrix), {},
                   {lowering.thread, lowering.generic(load.getPtr()), lowering.constant(*flags), area,
                    lowering.site(op)});
  return replace(op, lowering.loadRegisters(area, 0, load.getType()));
}

static LogicalResult lowerStoreMatrix(FunctionLowering &lowering, Operation *op) {
  auto store = cast<NVVM::StMatrixOp>(op);
  std::optional<uint32_t> flags = matrixFlags(store, uint32_t(store.getSources().size()));
  if (!flags)
    return op->emitOpError("of other than 8x8 matrices of 16-bit elements has no form for the simulator");
  Value area = lowering.registers(uint32_t(store.getSources().size()));
  for (auto [i, source] : llvm::enumerate(store.getSources()))
    LLVM::StoreOp::create(lowering.builder, lowering.location, source, lowering.byteOffset(area, 4 * i),
                          /*alignment=*/4);
  lowering.callApi(ASHLAR_API_SLOT(storeMatrix), {},
                   {lowering.thread, lowering.generic(store.getPtr()), lowering.constant(*flags), area,
                    lowering.site(op)});
  return replace(op);
}

//===-- Asynchronous copies -----------------------------------------------------------------------------===//

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
  return callCopy(lowering, op, copy.getDestination(), copy.getSource(), copy.getBytes(), copy.getSourceBytes());
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
  rules["nvvm.mma.sync"] = lowerMma;
  rules["nvvm.ldmatrix"] = lowerLoadMatrix;
  rules["nvvm.stmatrix"] = lowerStoreMatrix;
  rules["nvvm.cp.async.shared.global"] = lowerCopy;
  rules["nvvm.cp.async.commit.group"] = lowerCommit;
  rules["nvvm.cp.async.wait.group"] = lowerWait;
  rules["ptx.cp_async"] = lowerPtxCopy;
}

} // namespace ashlar::host
