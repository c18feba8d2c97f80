//===-- KernelDescription.cpp - kernels as the cost model sees them ---------===//
//
// From IR to the plain numbers of the cost model.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "NormalForm.h"
#include "ashlar/Tensor/Combinations.h"

#include <numeric>

using namespace mlir;
using namespace ashlar;

int64_t ashlar::likelyExtent(int64_t extent, int64_t likely) {
  return ShapedType::isDynamic(extent) ? likely : std::max<int64_t>(extent, 1);
}

static unsigned bitsOf(Type type) { return getElementTypeOrSelf(type).getIntOrFloatBitWidth(); }

static double bytesOf(Type type) {
  double bytes = bitsOf(type) / 8.0;
  for (int64_t extent : cast<ShapedType>(type).getShape())
    bytes *= ShapedType::isDynamic(extent) ? likelyExtent(extent) : extent;
  return bytes;
}

Operation *ashlar::findMainOf(ash::KernelOp kernel) {
  for (Operation &op : kernel.getBlock()->without_terminator()) {
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (linalgOp ? !isAllParallel(linalgOp)
                 : (isa<ash::AshlarDialect>(op.getDialect()) && !isa<ash::UnpackOp>(op)))
      return &op;
  }
  return nullptr;
}

//===-- Products --------------------------------------------------------------===//

/// 32-bit registers for each element of the result that the epilogue's tensors take while it runs.
static double epilogueRegisters(ash::KernelOp kernel, Operation *op, Type result) {
  double registers = 0;
  for (BlockArgument input : kernel.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(input.getType());
    bool isOperand = llvm::any_of(input.getUsers(),
                                  [&](Operation *user) { return user == op || isa<ash::UnpackOp>(user); });
    if (type && !isOperand && bytesOf(type) / bitsOf(type) >= bytesOf(result) / bitsOf(result))
      registers += bitsOf(type) / 32.0;
  }
  return registers;
}

/// The widest vector, up to 16 bytes, to which every row of the tensor is aligned.
static unsigned vectorBytes(Type type) {
  int64_t rowBits = cast<ShapedType>(type).getShape().back() * bitsOf(type);
  return unsigned(std::max<int64_t>(std::gcd(rowBits, int64_t(128)) / 8, 1));
}

void ashlar::describeOperands(cost::MatmulProblem &problem, ash::KernelOp kernel, Operation *op, Type lhs,
                              Type rhs, Type result) {
  problem.lhsBits = problem.sharedLhsBits = bitsOf(lhs);
  problem.rhsBits = problem.sharedRhsBits = bitsOf(rhs);
  problem.lhsVectorBytes = vectorBytes(lhs);
  problem.rhsVectorBytes = vectorBytes(rhs);
  problem.resultBits = bitsOf(kernel.getResult(0).getType());
  problem.epilogueRegistersPerElement = epilogueRegisters(kernel, op, result);
  Type element = getElementTypeOrSelf(lhs);
  problem.multiplier = element.isF32()        ? cost::Multiplier::Scalar
                       : element.isInteger(8) ? cost::Multiplier::TensorInt8
                                              : cost::Multiplier::TensorHalf;
}

cost::MatmulProblem ashlar::describeMatmul(ash::KernelOp kernel, ash::MatmulOp op) {
  cost::MatmulProblem problem;
  RankedTensorType lhs = op.getLhsType(), rhs = op.getRhsType();
  for (int64_t dim = 0; dim < op.getBatchRank(); ++dim)
    problem.batch *= likelyExtent(lhs.getDimSize(dim));
  problem.m = likelyExtent(lhs.getDimSize(op.getLhsRowDim()));
  problem.k = likelyExtent(lhs.getDimSize(op.getLhsReductionDim()));
  problem.n = likelyExtent(rhs.getDimSize(op.getRhsColumnDim()));
  describeOperands(problem, kernel, op, lhs, rhs, op.getResultType());
  return problem;
}

SmallVector<cost::MatmulProblem> ashlar::describeReadings(cost::MatmulProblem problem, Value rhs,
                                                          int64_t columnDim, int64_t reductionDim) {
  auto unpack = rhs.getDefiningOp<ash::UnpackOp>();
  if (!unpack)
    return {problem};
  ArrayRef<int64_t> shape = cast<RankedTensorType>(unpack.getType()).getShape();
  ash::PackingAttr packing = unpack.getPacking();
  auto vectorBytes = [&](int64_t elements) {
    return unsigned(std::max<int64_t>(std::gcd(elements * problem.rhsBits, int64_t(128)) / 8, 1));
  };
  problem.rhsVectorBytes = vectorBytes(packing.getRunLength(shape));
  std::optional<ash::PackedBlocks> blocks = packing.getBlocks(shape);
  if (!blocks || problem.rhsVectorBytes == 16)
    return {problem};
  cost::MatmulProblem inBlocks = problem;
  inBlocks.rhsVectorBytes = vectorBytes(blocks->elements);
  inBlocks.multipleOfN = blocks->shape[columnDim];
  inBlocks.multipleOfK = blocks->shape[reductionDim];
  return {inBlocks, problem};
}

//===-- Loop nests ------------------------------------------------------------===//

/// Adds an operand's bytes to the loop that walks its innermost dimension, and its registers where it has an
/// element for each point; `toLoops` renames the operation's loops.
static void addOperand(cost::LoopNest &nest, Type type, AffineMap map, AffineMap toLoops) {
  if (!isa<RankedTensorType>(type) || map.getNumResults() == 0)
    return;
  unsigned bits = std::max(bitsOf(type), 8u);
  nest.elementBytes = std::max(nest.elementBytes, bits / 8);
  if (map.getNumResults() >= nest.loops.size())
    nest.registersPerElement += bits / 32.0;
  for (auto [position, coordinate] : llvm::enumerate(toLoops.getResults())) {
    // `coordinate` is the nest's loop that the operation's loop `position` is.
    auto loop = dyn_cast<AffineDimExpr>(coordinate);
    if (loop && map.getResults().back().isFunctionOfDim(position))
      nest.loops[loop.getPosition()].contiguousBytes += bytesOf(type);
  }
}

static cost::LoopNest describeReduction(linalg::LinalgOp op) {
  cost::LoopNest nest;
  for (auto [extent, iterator] : llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    nest.loops.push_back({likelyExtent(extent), iterator == utils::IteratorType::reduction, 0});
  auto identity = AffineMap::getMultiDimIdentityMap(op.getNumLoops(), op.getContext());
  for (OpOperand &operand : op->getOpOperands())
    addOperand(nest, operand.get().getType(), op.getMatchingIndexingMap(&operand), identity);
  nest.isCombinable = llvm::all_of(llvm::seq<unsigned>(0, op->getNumResults()),
                                   [&](unsigned result) { return matchCombination(op, result) != nullptr; });
  return nest;
}

cost::LoopNest ashlar::describePack(ash::PackOp op) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  cost::LoopNest nest;
  nest.loops.push_back({std::max<int64_t>(type.getNumElements(), 1), false, bytesOf(type)});
  nest.isFlattenable = true;
  nest.elementBytes = std::max(bitsOf(type), 8u) / 8;
  nest.registersPerElement = bitsOf(type) / 32.0;
  return nest;
}

cost::LoopNest ashlar::describeLoops(ash::KernelOp kernel, Operation *main) {
  if (auto op = dyn_cast_or_null<linalg::LinalgOp>(main))
    return describeReduction(op);
  cost::LoopNest nest;
  Value result = kernel.getYield().getValues().front();
  auto type = cast<RankedTensorType>(result.getType());
  for (int64_t extent : type.getShape())
    nest.loops.push_back({likelyExtent(extent), false, 0});
  nest.isFlattenable =
      type.getRank() > 0 && llvm::none_of(type.getShape().drop_front(), ShapedType::isDynamic);
  nest.mustFlatten = tearsBytes(kernel);
  if (type.getRank() > 0)
    nest.loops.back().contiguousBytes = bytesOf(type);
  auto op = result.getDefiningOp<linalg::LinalgOp>();
  if (!op)
    return nest;
  AffineMap toLoops = inversePermutation(op.getIndexingMapMatchingResult(cast<OpResult>(result)));
  for (OpOperand *operand : toLoops ? op.getDpsInputOperands() : SmallVector<OpOperand *>())
    addOperand(nest, operand->get().getType(), op.getMatchingIndexingMap(operand), toLoops);
  return nest;
}
