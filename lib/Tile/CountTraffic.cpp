//===-- CountTraffic.cpp - what a kernel's tiles move through global memory --===//
//
// Every access is counted on its own, over the grid and the loops around it, without walking all of them: a
// tile's extents clip independently unless their offsets share a block index or an induction variable, so the
// iterations fall into groups whose sums multiply.
//
//===-----------------------------------------------------------------------===//
#include "IndexEvaluator.h"
#include "PaddingBounds.h"
#include "ashlar/Tile/Passes.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/IntEqClasses.h"
#include "llvm/ADT/Sequence.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_COUNTTRAFFICPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static constexpr llvm::StringLiteral trafficAttrName = "tile.traffic";

//===-- Accesses --------------------------------------------------------------===//

namespace {

/// A tile.copy, tile.load or tile.store on a view.
struct GlobalAccess {
  Operation *op = nullptr;
  ViewOp view;
  OperandRange offsets;
  ArrayRef<int64_t> tileShape;
  Value predicate;
  bool isWrite = false;
};

} // namespace

/// The access that `op` makes of global memory, if it makes one through a view that can be seen.
static std::optional<GlobalAccess> describe(Operation *op) {
  auto make = [&](Value source, OperandRange offsets, ArrayRef<int64_t> shape,
                  bool isWrite) -> std::optional<GlobalAccess> {
    auto view = source.getDefiningOp<ViewOp>();
    return view ? std::optional(GlobalAccess{op, view, offsets, shape, {}, isWrite}) : std::nullopt;
  };
  if (auto copy = dyn_cast<CopyOp>(op)) {
    auto access = make(copy.getView(), copy.getOffsets(), copy.getDestination().getType().getShape(), false);
    if (access && !copy.getPredicate().empty())
      access->predicate = copy.getPredicate().front();
    return access;
  }
  if (auto load = dyn_cast<LoadOp>(op))
    return make(load.getSource(), load.getOffsets(), cast<ShapedType>(load.getTile().getType()).getShape(),
                false);
  auto store = cast<StoreOp>(op);
  return make(store.getDestination(), store.getOffsets(),
              cast<ShapedType>(store.getTile().getType()).getShape(), true);
}

static bool isGlobalAccess(Operation *op) {
  if (auto load = dyn_cast<LoadOp>(op))
    return isa<ViewType>(load.getSource().getType());
  if (auto store = dyn_cast<StoreOp>(op))
    return isa<ViewType>(store.getDestination().getType());
  return isa<CopyOp>(op);
}

/// How many neighbours along dimension `dim` of a view are the same element of the buffer: 1 if all differ, c
/// where the map uses nothing but `dim floordiv c`, 0 for all of them.
static int64_t repetition(AffineMap map, unsigned dim) {
  std::optional<int64_t> divisor;
  bool isUsedPlainly = false;
  std::function<void(AffineExpr)> visit = [&](AffineExpr expr) {
    if (auto position = dyn_cast<AffineDimExpr>(expr)) {
      isUsedPlainly |= position.getPosition() == dim;
      return;
    }
    auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
    if (!binary)
      return;
    auto quotientOf = dyn_cast<AffineDimExpr>(binary.getLHS());
    auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (expr.getKind() == AffineExprKind::FloorDiv && constant && quotientOf &&
        quotientOf.getPosition() == dim) {
      divisor = std::gcd(divisor.value_or(0), constant.getValue());
      return;
    }
    visit(binary.getLHS());
    visit(binary.getRHS());
  };
  for (AffineExpr result : map.getResults())
    visit(result);
  return isUsedPlainly ? 1 : divisor.value_or(0);
}

//===-- Counting --------------------------------------------------------------===//

namespace {

/// Something that takes a number of values: a coordinate of the grid, or the induction variable of a loop.
struct Variable {
  SmallVector<Value> values; ///< The scalars that are this variable; none if nothing asks for it.
  int64_t extent = 0;        ///< Of the grid.
  scf::ForOp loop;
};

/// A factor of an access's elements: the length of a tile along one dimension, or a condition.
struct Factor {
  Value value; ///< The tile's offset, or a truth value.
  bool isCondition = false, expected = true;
  int64_t tile = 0, view = 0, repetition = 1;
  SmallVector<PaddingBound> bounds = {};
  SmallVector<Value> symbols = {}; ///< Of the view, where there are bounds.
};

/// Counts the elements of one access.
class AccessCounter {
public:
  AccessCounter(KernelOp kernel, bool seesPadding) : kernel(kernel), seesPadding(seesPadding) {}

  /// Nothing if a number cannot be known, above all for dynamic dimensions.
  std::optional<int64_t> count(const GlobalAccess &access);
  /// Whether nothing came of it because there is too much padding to look at.
  bool gaveUp() const { return elementsTried > mostElementsTried; }

private:
  bool addGrid();
  bool addSurroundings(Operation *op);
  bool addDimensions(const GlobalAccess &access);
  SmallVector<unsigned> variablesOf(Value value) const;
  /// Puts the variables of all `values` into one group.
  void join(ArrayRef<Value> values, std::optional<unsigned> with = std::nullopt);
  int64_t evaluateOrFail(Value value);
  SmallVector<unsigned> variablesOf(const Factor &factor) const;
  int64_t clippedLength(const Factor &factor, int64_t offset);
  int64_t sum(ArrayRef<unsigned> group, ArrayRef<const Factor *> factors);
  int64_t product(ArrayRef<const Factor *> factors);

  /// About a twentieth of a second.
  static constexpr int64_t mostElementsTried = 1 << 20;

  KernelOp kernel;
  bool seesPadding;
  int64_t elementsTried = 0;
  SmallVector<Variable> variables;
  SmallVector<Factor> factors;
  llvm::IntEqClasses groups;
  IndexEvaluator evaluator;
  bool failed = false;
};

} // namespace

bool AccessCounter::addGrid() {
  AffineMap grid = kernel.getGrid();
  for (AffineExpr extent : grid.getResults()) {
    auto constant = dyn_cast<AffineConstantExpr>(extent);
    if (!constant)
      return false;
    variables.push_back({{}, constant.getValue(), {}});
  }
  kernel.walk([&](BlockIdOp id) { variables[unsigned(id.getDimension())].values.push_back(id); });
  return true;
}

bool AccessCounter::addSurroundings(Operation *op) {
  SmallVector<Variable> loops;
  for (Operation *parent = op->getParentOp(); parent != kernel; op = parent, parent = op->getParentOp()) {
    if (auto loop = dyn_cast<scf::ForOp>(parent))
      loops.push_back({{loop.getInductionVar()}, 0, loop});
    else if (auto branch = dyn_cast<scf::IfOp>(parent))
      factors.push_back({branch.getCondition(), true, op->getParentRegion() == &branch.getThenRegion()});
    else
      return false;
  }
  variables.append(loops.rbegin(), loops.rend()); // Outer loops first.
  return true;
}

bool AccessCounter::addDimensions(const GlobalAccess &access) {
  ViewOp view = access.view;
  ViewType type = view.getView().getType();
  for (unsigned dim = 0; dim < access.tileShape.size(); ++dim) {
    if (type.getShape()[dim] == ShapedType::kDynamic)
      return false;
    factors.push_back({access.offsets[dim],
                       false,
                       true,
                       access.tileShape[dim],
                       type.getShape()[dim],
                       repetition(view.getMap(), dim),
                       {},
                       {}});
    Factor &factor = factors.back();
    if (seesPadding && factor.repetition == 1)
      factor.bounds = findPaddingBounds(view, dim);
    if (!factor.bounds.empty())
      factor.symbols = llvm::to_vector(view.getSymbols());
  }
  if (access.predicate)
    factors.push_back({access.predicate, true, true});
  return true;
}

SmallVector<unsigned> AccessCounter::variablesOf(Value value) const {
  SetVector<Value> slice;
  slice.insert(value);
  SmallVector<unsigned> found;
  for (size_t next = 0; next < slice.size(); ++next) {
    Value current = slice[next];
    for (auto [number, variable] : llvm::enumerate(variables))
      if (llvm::is_contained(variable.values, current))
        found.push_back(unsigned(number));
    if (Operation *op = current.getDefiningOp())
      slice.insert(op->operand_begin(), op->operand_end());
  }
  return found;
}

SmallVector<unsigned> AccessCounter::variablesOf(const Factor &factor) const {
  SmallVector<unsigned> found = variablesOf(factor.value);
  for (Value symbol : factor.symbols)
    found.append(variablesOf(symbol));
  return found;
}

void AccessCounter::join(ArrayRef<Value> values, std::optional<unsigned> with) {
  for (Value value : values)
    for (unsigned variable : variablesOf(value)) {
      groups.join(variable, with.value_or(variable));
      with = with.value_or(variable);
    }
}

int64_t AccessCounter::evaluateOrFail(Value value) {
  std::optional<int64_t> number = evaluator.evaluate(value);
  failed |= !number;
  return number.value_or(0);
}

/// Different elements of the buffer that the tile has along one dimension.
int64_t AccessCounter::clippedLength(const Factor &factor, int64_t offset) {
  int64_t first = std::max<int64_t>(offset, 0), end = std::min(offset + factor.tile, factor.view);
  if (first >= end)
    return 0;
  if (factor.bounds.empty())
    return factor.repetition == 0 ? 1 : (end - 1) / factor.repetition - first / factor.repetition + 1;
  SmallVector<int64_t> symbols;
  for (Value symbol : factor.symbols)
    symbols.push_back(evaluateOrFail(symbol));
  elementsTried += end - first;
  failed |= gaveUp();
  return llvm::count_if(llvm::seq(first, end), [&](int64_t at) {
    return llvm::all_of(factor.bounds, [&](const PaddingBound &bound) { return bound.holds(at, symbols); });
  });
}

int64_t AccessCounter::product(ArrayRef<const Factor *> factors) {
  int64_t result = 1;
  for (const Factor *factor : factors) {
    int64_t number = evaluateOrFail(factor->value);
    result *= factor->isCondition ? bool(number) == factor->expected : clippedLength(*factor, number);
    if (result == 0)
      break;
  }
  return result;
}

int64_t AccessCounter::sum(ArrayRef<unsigned> group, ArrayRef<const Factor *> factors) {
  if (group.empty())
    return product(factors);
  Variable &variable = variables[group.front()];
  int64_t begin = 0, end = variable.extent, step = 1, total = 0;
  if (scf::ForOp loop = variable.loop) {
    begin = evaluateOrFail(loop.getLowerBound());
    end = evaluateOrFail(loop.getUpperBound());
    step = evaluateOrFail(loop.getStep());
    failed |= step <= 0;
  }
  for (int64_t at = begin; at < end && !failed; at += step) {
    for (Value value : variable.values)
      evaluator.set(value, at);
    total += sum(group.drop_front(), factors);
  }
  return total;
}

std::optional<int64_t> AccessCounter::count(const GlobalAccess &access) {
  if (!addGrid() || !addSurroundings(access.op) || !addDimensions(access))
    return std::nullopt;
  groups.grow(variables.size());
  for (auto [number, variable] : llvm::enumerate(variables))
    if (scf::ForOp loop = variable.loop)
      join({loop.getLowerBound(), loop.getUpperBound(), loop.getStep()}, unsigned(number));
  for (const Factor &factor : factors) {
    SmallVector<Value> values = {factor.value};
    values.append(factor.symbols.begin(), factor.symbols.end());
    join(values);
  }
  int64_t total = 1;
  SmallVector<const Factor *> constant;
  for (const Factor &factor : factors)
    if (variablesOf(factor).empty())
      constant.push_back(&factor);
  total *= product(constant);
  for (unsigned leader = 0; leader < variables.size() && !failed; ++leader) {
    if (groups.findLeader(leader) != leader)
      continue;
    SmallVector<unsigned> group;
    for (unsigned variable = leader; variable < variables.size(); ++variable)
      if (groups.findLeader(variable) == leader)
        group.push_back(variable);
    SmallVector<const Factor *> ofGroup;
    for (const Factor &factor : factors)
      if (SmallVector<unsigned> used = variablesOf(factor);
          !used.empty() && groups.findLeader(used.front()) == leader)
        ofGroup.push_back(&factor);
    total *= sum(group, ofGroup);
  }
  return failed ? std::nullopt : std::optional(total);
}

/// Where there is too much padding to look at, it counts as if it were read.
static std::optional<int64_t> countElements(KernelOp kernel, const GlobalAccess &access) {
  AccessCounter counter(kernel, /*seesPadding=*/true);
  std::optional<int64_t> elements = counter.count(access);
  return counter.gaveUp() ? AccessCounter(kernel, /*seesPadding=*/false).count(access) : elements;
}

//===-- The pass --------------------------------------------------------------===//

namespace {

struct CountTrafficPass : tile::impl::CountTrafficPassBase<CountTrafficPass> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    kernel->removeDiscardableAttr(trafficAttrName);
    int64_t bits[2] = {0, 0}; // read, written
    WalkResult result = kernel.walk([&](Operation *op) {
      if (!isGlobalAccess(op))
        return WalkResult::advance();
      std::optional<GlobalAccess> access = describe(op);
      std::optional<int64_t> elements = access ? countElements(kernel, *access) : std::optional<int64_t>();
      if (!elements)
        return WalkResult::interrupt();
      bits[access->isWrite] += *elements * storageBits(access->view.getView().getType().getElementType());
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return;
    Builder builder(kernel);
    auto bytes = [&](StringRef name, int64_t bits) {
      return builder.getNamedAttr(name, builder.getI64IntegerAttr((bits + 7) / 8));
    };
    kernel->setDiscardableAttr(
        trafficAttrName, builder.getDictionaryAttr({bytes("read", bits[0]), bytes("written", bits[1])}));
  }
};

} // namespace
