//===-- MatrixLists.cpp - Lists of matrix instructions --------------------===//
//
// Walks every block of code once, keeps what is pending, and emits a list where something needs its results.
//
//===----------------------------------------------------------------------===//

#include "MatrixLists.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <map>

using namespace mlir;

namespace ashlar::host {

namespace {

/// An mma that waits to be emitted.
struct PendingMma {
  NVVM::MmaOp op;
  uint32_t variant;
  /// The one before in the list whose result is the accumulator; -1 where the accumulator is any other value.
  int chainedTo;
};

class ListBuilder {
public:
  explicit ListBuilder(FunctionLowering &lowering) : lowering(lowering) {}
  LogicalResult lowerBlock(Block &block);

private:
  LogicalResult addMma(NVVM::MmaOp op);
  LogicalResult addLoad(NVVM::LdMatrixOp op);
  /// What an operation demands of the pending ones before it can stay where it is.
  void settle(Operation &op);
  bool usesPendingMma(Operation &op) const;
  int findChain(NVVM::MmaOp op) const;
  void emitMmas(Operation *before);
  void emitLoads(Operation *before);
  Value addList(ArrayRef<uint32_t> words);
  void storeWords(Value area, uint32_t first, ValueRange values);
  void replaceResults(Operation *op, Value area, uint32_t first);

  FunctionLowering &lowering;
  std::vector<PendingMma> mmas;
  std::vector<NVVM::LdMatrixOp> loads;
  /// The place of a pending result in the list.
  DenseMap<Value, int> positions;
  /// Values that do not exist yet: results, and what is extracted of them.
  DenseSet<Value> pendingMmaValues, pendingLoadValues;
  uint32_t words = 0;
};

} // namespace

/// Which mma of the list makes all the accumulators of `op`, in order.
int ListBuilder::findChain(NVVM::MmaOp op) const {
  Value source;
  for (auto [r, value] : llvm::enumerate(op.getOperandC())) {
    auto extraction = value.getDefiningOp<LLVM::ExtractValueOp>();
    if (!extraction || extraction.getPosition() != ArrayRef<int64_t>{int64_t(r)})
      return -1;
    if (r == 0)
      source = extraction.getContainer();
    if (extraction.getContainer() != source || source.getType() != op.getRes().getType())
      return -1;
  }
  auto position = positions.find(source);
  return position == positions.end() ? -1 : position->second;
}

bool ListBuilder::usesPendingMma(Operation &op) const {
  return llvm::any_of(op.getOperands(), [&](Value value) { return pendingMmaValues.contains(value); });
}

static bool mayWriteOrWait(Operation &op) {
  // NVVM operations without declared effects are taken at their worst.
  return !isa<LLVM::LoadOp, NVVM::MmaOp, NVVM::LdMatrixOp>(op) && !isMemoryEffectFree(&op);
}

void ListBuilder::settle(Operation &op) {
  bool isEnd = op.hasTrait<OpTrait::IsTerminator>();
  bool usesLoads =
      llvm::any_of(op.getOperands(), [&](Value value) { return pendingLoadValues.contains(value); });
  if (!loads.empty() && (isEnd || usesLoads || mayWriteOrWait(op)))
    emitLoads(&op);
  if (!mmas.empty() && (isEnd || usesPendingMma(op)))
    emitMmas(&op);
}

LogicalResult ListBuilder::addMma(NVVM::MmaOp op) {
  std::optional<uint32_t> variant = mmaVariant(op);
  if (!variant)
    return op.emitOpError(
        "of this shape and these types has no form for the simulator, which knows m16n8k8 and "
        "m16n8k16 of f16 and bf16, m16n8k8 of tf32, m16n8k16 and m16n8k32 of 8-bit and m16n8k32 and "
        "m16n8k64 of 4-bit integers");
  auto isPending = [&](Value value) { return pendingMmaValues.contains(value); };
  int chain = findChain(op);
  bool needsResults = llvm::any_of(op.getOperandA(), isPending) ||
                      llvm::any_of(op.getOperandB(), isPending) ||
                      (chain < 0 && llvm::any_of(op.getOperandC(), isPending));
  if (needsResults || words + op->getNumOperands() > ASHLAR_SIMULATOR_LIST_WORDS) {
    emitMmas(op);
    chain = -1;
  }
  if (llvm::any_of(op->getOperands(), [&](Value value) { return pendingLoadValues.contains(value); }))
    emitLoads(op);
  positions[op.getRes()] = int(mmas.size());
  mmas.push_back({op, *variant, chain});
  words += op->getNumOperands();
  pendingMmaValues.insert(op.getRes());
  return success();
}

LogicalResult ListBuilder::addLoad(NVVM::LdMatrixOp op) {
  bool isKnown = op.getEltType() == NVVM::LdStMatrixEltType::B16 && op.getShape().getM() == 8 &&
                 op.getShape().getN() == 8;
  if (!isKnown)
    return op.emitOpError("of other than 8x8 matrices of 16-bit elements has no form for the simulator");
  constexpr size_t wordsOfLoad = 6; // an address and four results
  if ((loads.size() + 1) * wordsOfLoad > ASHLAR_SIMULATOR_LIST_WORDS)
    emitLoads(op);
  loads.push_back(op);
  pendingLoadValues.insert(op.getRes());
  return success();
}

/// The address of a constant array of words.
Value ListBuilder::addList(ArrayRef<uint32_t> list) {
  std::string name = ("ashlar.list." + Twine(lowering.module.listCount++)).str();
  addWords(lowering.module.module, name, list.vec());
  return LLVM::AddressOfOp::create(lowering.builder, lowering.location, lowering.pointer, name);
}

void ListBuilder::storeWords(Value area, uint32_t first, ValueRange values) {
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(lowering.builder, lowering.location, value,
                          lowering.byteOffset(area, 4 * (first + i)), /*alignment=*/4);
}

/// Replaces the result, or the parts that are used of it, by words of the area; erases the operation.
void ListBuilder::replaceResults(Operation *op, Value area, uint32_t first) {
  Value result = op->getResult(0);
  for (Operation *user : llvm::make_early_inc_range(result.getUsers())) {
    auto extraction = dyn_cast<LLVM::ExtractValueOp>(user);
    if (!extraction)
      continue;
    if (!extraction->use_empty()) {
      uint32_t word = first + uint32_t(extraction.getPosition().front());
      extraction.replaceAllUsesWith(lowering.loadRegisters(area, word, extraction.getType()));
    }
    extraction.erase();
  }
  if (!result.use_empty())
    result.replaceAllUsesWith(lowering.loadRegisters(area, first, result.getType()));
  op->erase();
}

void ListBuilder::emitMmas(Operation *before) {
  if (mmas.empty())
    return;
  lowering.builder.setInsertionPoint(before);
  lowering.location = mmas.front().op.getLoc();
  std::map<std::vector<const void *>, uint32_t> fragments;
  std::vector<uint32_t> list, results;
  std::vector<std::pair<uint32_t, SmallVector<Value>>> stores;
  uint32_t end = 0;
  auto place = [&](ValueRange values) {
    std::vector<const void *> key;
    for (Value value : values)
      key.push_back(value.getAsOpaquePointer());
    auto [entry, isNew] = fragments.try_emplace(key, end);
    if (isNew) {
      stores.push_back({end, llvm::to_vector(values)});
      end += uint32_t(values.size());
    }
    return entry->second;
  };
  for (PendingMma &mma : mmas) {
    uint32_t a = place(mma.op.getOperandA()), b = place(mma.op.getOperandB()), d = end, c = d;
    end += uint32_t(mma.op.getOperandC().size());
    if (mma.chainedTo >= 0)
      c = results[size_t(mma.chainedTo)];
    else
      stores.push_back({d, llvm::to_vector(mma.op.getOperandC())});
    results.push_back(d);
    list.insert(list.end(), {mma.variant, a, b, c, d, lowering.module.sites.add(mma.op)});
  }
  Value area = lowering.registers(end);
  for (const auto &[first, values] : stores)
    storeWords(area, first, values);
  lowering.callApi(offsetof(AshlarSimulatorApi, mma), {},
                   {lowering.thread, addList(list), lowering.constant(uint32_t(mmas.size())), area});
  // The last first: its accumulators are then no longer uses of those before it.
  for (size_t i = mmas.size(); i-- > 0;)
    replaceResults(mmas[i].op, area, results[i]);
  mmas.clear();
  positions.clear();
  pendingMmaValues.clear();
  words = 0;
}

void ListBuilder::emitLoads(Operation *before) {
  if (loads.empty())
    return;
  lowering.builder.setInsertionPoint(before);
  lowering.location = loads.front().getLoc();
  uint32_t count = uint32_t(loads.size()), end = 0;
  std::vector<uint32_t> list, results;
  for (NVVM::LdMatrixOp load : loads) {
    bool isTransposed = load.getLayout() == NVVM::MMALayout::col;
    uint32_t flags = uint32_t(load.getNum()) | (isTransposed ? uint32_t(ASHLAR_MATRIX_TRANSPOSED) : 0u);
    list.insert(list.end(), {flags, end, lowering.module.sites.add(load)});
    results.push_back(end);
    end += uint32_t(load.getNum());
  }
  // The row addresses come first, eight bytes each.
  Value area = lowering.registers(2 * count + end), registers = lowering.byteOffset(area, 8 * count);
  for (auto [i, load] : llvm::enumerate(loads))
    LLVM::StoreOp::create(lowering.builder, lowering.location, lowering.generic(load.getPtr()),
                          lowering.byteOffset(area, 8 * i), /*alignment=*/8);
  lowering.callApi(offsetof(AshlarSimulatorApi, loadMatrix), {},
                   {lowering.thread, addList(list), lowering.constant(count), area, registers});
  for (auto [i, load] : llvm::enumerate(loads))
    replaceResults(load, registers, results[i]);
  loads.clear();
  pendingLoadValues.clear();
}

LogicalResult ListBuilder::lowerBlock(Block &block) {
  // An emitted list erases operations on both sides of the current one, never that itself.
  for (Operation *op = &block.front(); op; op = op->getNextNode()) {
    auto mma = dyn_cast<NVVM::MmaOp>(op);
    if (mma) {
      if (failed(addMma(mma)))
        return failure();
      continue;
    }
    auto extraction = dyn_cast<LLVM::ExtractValueOp>(op);
    if (extraction && pendingMmaValues.contains(extraction.getContainer())) {
      pendingMmaValues.insert(extraction);
      continue;
    }
    if (extraction && pendingLoadValues.contains(extraction.getContainer())) {
      pendingLoadValues.insert(extraction);
      continue;
    }
    settle(*op);
    auto load = dyn_cast<NVVM::LdMatrixOp>(op);
    if (load && failed(addLoad(load)))
      return failure();
  }
  return success();
}

LogicalResult lowerMatrixInstructions(FunctionLowering &lowering) {
  ListBuilder builder(lowering);
  for (Block &block : lowering.function.getBody())
    if (failed(builder.lowerBlock(block)))
      return failure();
  return success();
}

} // namespace ashlar::host
