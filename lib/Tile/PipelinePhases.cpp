//===-- PipelinePhases.cpp - pipelines of full and empty phases --------------===//
//
// Copies with a tensor map become copies into the stages of a ring, each stage with two memory barriers: full
// (the bytes have arrived) and empty (everybody has read them). The program still reads as if one processor
// ran it; which role executes what is written onto the operations.
//
//===-----------------------------------------------------------------------===//
#include "CarriedValues.h"
#include "PipelinePlan.h"
#include "Roles.h"
#include "SharedMemory.h"
#include "TensorMaps.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PIPELINEPHASESPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// Buffers that are filled together, and their stages.
struct Ring {
  SmallVector<AllocOp> allocs;
  SmallVector<Value> staged; ///< One for each alloc, with a leading dimension of the stages.
  Value full, empty;
  int64_t stages = 1, bytes = 0;
};

/// Copies that fill a stage of a ring at one place in the program.
struct Site {
  unsigned ring;
  SmallVector<CopyOp> copies; ///< None once they are expanded.
  /// Operations of the site's block between which the stage is read, both included.
  Operation *firstReader = nullptr, *lastReader = nullptr;
};

/// Where the next filling and reading of a ring takes place.
struct Slot {
  Value stage, parity;
};

class Expansion {
public:
  explicit Expansion(KernelOp kernel) : kernel(kernel), builder(kernel.getContext()) {}
  LogicalResult run();

private:
  LogicalResult collectSites();
  LogicalResult addSite(ArrayRef<CopyOp> copies);
  LogicalResult findReaders(Site &site);
  void makeRings();
  LogicalResult expandBlock(Block &block, MutableArrayRef<Slot> slots);
  scf::ForOp carrySlots(scf::ForOp loop, ArrayRef<unsigned> rings, MutableArrayRef<Slot> slots);
  void expandSite(Site &site, Slot &slot);
  void useStage(Site &site, AllocOp alloc, Value stage);
  SmallVector<unsigned> ringsIn(Operation *op) const;
  bool fillsRing(Operation *op, unsigned ring) const;
  Slot next(Location loc, const Ring &ring, Slot slot);
  Value index(Location loc, int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

  KernelOp kernel;
  OpBuilder builder;
  SmallVector<Ring> rings;
  SmallVector<Site> sites;
  DenseMap<Operation *, unsigned> siteOf; // by first copy
  DenseSet<Operation *> followers;        // the other copies of all sites
};

} // namespace

//===-- Sites and rings ----------------------------------------------------------===//

/// All users of a buffer, through transposes.
static void collectUsers(Value buffer, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : buffer.getUsers()) {
    users.push_back(user);
    if (isa<TransposeOp>(user))
      collectUsers(user->getResult(0), users);
  }
}

static bool isFilledByMap(CopyOp copy) { return copy->hasAttr(tensorMapAttrName); }

static bool readsOneOf(Operation *op, ArrayRef<CopyOp> copies) {
  return llvm::any_of(copies, [&](CopyOp copy) {
    SmallVector<Operation *> users;
    collectUsers(findFilledAlloc(copy).getBuffer(), users);
    return llvm::any_of(users, [&](Operation *user) {
      return op->isAncestor(user) && user != copy.getOperation() && !isa<TransposeOp>(user);
    });
  });
}

LogicalResult Expansion::collectSites() {
  SmallVector<Block *> blocks;
  kernel.walk([&](CopyOp copy) {
    if (isFilledByMap(copy) && !llvm::is_contained(blocks, copy->getBlock()))
      blocks.push_back(copy->getBlock());
  });
  for (Block *block : blocks) {
    SmallVector<CopyOp> run;
    for (Operation &op : *block) {
      if (!run.empty() && readsOneOf(&op, run)) {
        if (failed(addSite(run)))
          return failure();
        run.clear();
      }
      auto copy = dyn_cast<CopyOp>(op);
      if (copy && isFilledByMap(copy))
        run.push_back(copy);
    }
    if (!run.empty() && failed(addSite(run)))
      return failure();
  }
  for (Site &site : sites)
    if (failed(findReaders(site)))
      return failure();
  return success();
}

LogicalResult Expansion::addSite(ArrayRef<CopyOp> copies) {
  SmallVector<AllocOp> allocs =
      llvm::map_to_vector(copies, [](CopyOp copy) { return findFilledAlloc(copy); });
  auto known = llvm::find_if(rings, [&](const Ring &ring) {
    return llvm::any_of(ring.allocs, [&](AllocOp alloc) { return llvm::is_contained(allocs, alloc); });
  });
  if (known != rings.end() && known->allocs != allocs)
    return CopyOp(copies.front()).emitOpError("fills a buffer together with others than elsewhere in the kernel");
  if (known == rings.end()) {
    Ring ring;
    ring.allocs = allocs;
    ring.stages = copies.front()->getAttrOfType<IntegerAttr>(copyStagesAttrName).getInt();
    known = &rings.emplace_back(std::move(ring));
  }
  // Two places fill the ring: as many stages as the one that asks for more.
  auto asked = copies.front()->getAttrOfType<IntegerAttr>(copyStagesAttrName).getInt();
  known->stages = std::max(known->stages, asked);
  siteOf[copies.front()] = sites.size();
  followers.insert(std::next(copies.begin()), copies.end());
  sites.push_back({static_cast<unsigned>(known - rings.begin()), llvm::to_vector(copies)});
  return success();
}

bool Expansion::fillsRing(Operation *op, unsigned ring) const {
  return llvm::any_of(sites, [&](const Site &site) {
    return site.ring == ring && !site.copies.empty() && op->isAncestor(CopyOp(site.copies.front()));
  });
}

/// Reads belong to the last filling before them: those between the site and the next one of its ring.
LogicalResult Expansion::findReaders(Site &site) {
  Block *block = site.copies.front()->getBlock();
  for (Operation *op = site.copies.back()->getNextNode(); op; op = op->getNextNode()) {
    if (fillsRing(op, site.ring))
      break;
    if (!readsOneOf(op, site.copies))
      continue;
    site.firstReader = site.firstReader ? site.firstReader : op;
    site.lastReader = op;
  }
  if (!site.firstReader || block->getTerminator() == site.lastReader)
    return site.copies.front().emitOpError("fills a buffer that nothing reads behind it in its block");
  return success();
}

void Expansion::makeRings() {
  Block &body = kernel.getBody().front();
  builder.setInsertionPointToStart(&body);
  int64_t consumerWarps = kernel.getThreads() / 32;
  for (Ring &ring : rings) {
    Location loc = ring.allocs.front().getLoc();
    for (AllocOp alloc : ring.allocs) {
      BufferType type = alloc.getBuffer().getType();
      ring.staged.push_back(
          AllocOp::create(builder, alloc.getLoc(), makeStagedType(type, ring.stages), IntegerAttr()));
      ring.bytes += type.getSizeInBytes();
    }
    auto barriers = BufferType::get({ring.stages}, builder.getI64Type(), MemorySpace::Shared);
    ring.full = AllocOp::create(builder, loc, barriers, IntegerAttr());
    ring.empty = AllocOp::create(builder, loc, barriers, IntegerAttr());
    MbarrierInitOp::create(builder, loc, ring.full, 1);
    MbarrierInitOp::create(builder, loc, ring.empty, consumerWarps);
  }
  BarrierOp::create(builder, kernel.getLoc());
}

//===-- Expansion ------------------------------------------------------------------===//

Slot Expansion::next(Location loc, const Ring &ring, Slot slot) {
  Value one = index(loc, 1), flipped = arith::SubIOp::create(builder, loc, one, slot.parity);
  if (ring.stages == 1)
    return {slot.stage, flipped};
  Value after = arith::AddIOp::create(builder, loc, slot.stage, one);
  Value wraps = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, after, index(loc, ring.stages));
  return {arith::SelectOp::create(builder, loc, wraps, index(loc, 0), after),
          arith::SelectOp::create(builder, loc, wraps, flipped, slot.parity)};
}

/// Lets the readers of the site read its stage.
void Expansion::useStage(Site &site, AllocOp alloc, Value stage) {
  Block *block = site.copies.front()->getBlock();
  auto belongs = [&](OpOperand &use) {
    Operation *user = block->findAncestorOpInBlock(*use.getOwner());
    if (!user || !site.copies.back()->isBeforeInBlock(user))
      return false;
    return user == site.lastReader || user->isBeforeInBlock(site.lastReader);
  };
  // A transpose may stand before the copies; the readers' own comes behind them.
  for (Operation *user : llvm::make_early_inc_range(alloc.getBuffer().getUsers())) {
    auto transpose = dyn_cast<TransposeOp>(user);
    if (!transpose || llvm::none_of(transpose->getUses(), belongs))
      continue;
    Value turned = TransposeOp::create(builder, transpose.getLoc(), stage, transpose.getPermutation());
    transpose.getResult().replaceUsesWithIf(turned, belongs);
    if (transpose->use_empty())
      transpose.erase();
  }
  alloc.getBuffer().replaceUsesWithIf(stage, belongs);
}

void Expansion::expandSite(Site &site, Slot &slot) {
  Ring &ring = rings[site.ring];
  Location loc = site.copies.front().getLoc();
  builder.setInsertionPoint(site.copies.back());
  Value one = index(loc, 1), before = arith::SubIOp::create(builder, loc, one, slot.parity);
  auto wait = MbarrierWaitOp::create(builder, loc, ring.empty, slot.stage, before, ValueRange());
  assignRole(wait, producerRole);
  auto expect = MbarrierExpectOp::create(builder, loc, ring.full, slot.stage, ring.bytes);
  assignRole(expect, producerRole);
  SmallVector<Value> stages;
  for (auto [copy, alloc, staged] : llvm::zip_equal(site.copies, ring.allocs, ring.staged)) {
    BufferType type = AllocOp(alloc).getBuffer().getType();
    stages.push_back(StageOp::create(builder, loc, type, staged, slot.stage));
    Value destination = stages.back();
    if (auto transpose = CopyOp(copy).getDestination().getDefiningOp<TransposeOp>())
      destination = TransposeOp::create(builder, loc, destination, transpose.getPermutation());
    auto map = copy->getAttrOfType<TensorMapAttr>(tensorMapAttrName);
    auto moved = TensorCopyOp::create(builder, copy->getLoc(), CopyOp(copy).getView(), CopyOp(copy).getOffsets(),
                                      destination, ring.full, slot.stage, map);
    assignRole(moved, producerRole);
  }
  builder.setInsertionPoint(site.firstReader);
  auto arrived = MbarrierWaitOp::create(builder, loc, ring.full, slot.stage, slot.parity, ValueRange());
  assignRole(arrived, consumerRole);
  for (auto [alloc, stage] : llvm::zip_equal(ring.allocs, stages))
    useStage(site, alloc, stage);
  builder.setInsertionPointAfter(site.lastReader);
  auto release = MbarrierArriveOp::create(builder, loc, ring.empty, slot.stage, ValueRange());
  assignRole(release, consumerRole);
  slot = next(loc, ring, slot);
  for (CopyOp copy : site.copies)
    copy.erase();
  site.copies.clear();
}

SmallVector<unsigned> Expansion::ringsIn(Operation *op) const {
  SmallVector<unsigned> found;
  for (unsigned ring = 0; ring < rings.size(); ++ring)
    if (fillsRing(op, ring))
      found.push_back(ring);
  return found;
}

/// The loop with the slots of these rings as further values that it carries.
scf::ForOp Expansion::carrySlots(scf::ForOp loop, ArrayRef<unsigned> carried, MutableArrayRef<Slot> slots) {
  SmallVector<Value> inits;
  for (unsigned ring : carried)
    inits.append({slots[ring].stage, slots[ring].parity});
  unsigned kept = loop.getNumResults();
  Operation *replaced = loop;
  scf::ForOp fresh = carryValues(builder, loop, inits);
  // What later sites remember of the loop.
  for (Site &site : sites)
    for (Operation **reader : {&site.firstReader, &site.lastReader})
      *reader = *reader == replaced ? fresh.getOperation() : *reader;
  auto arguments = fresh.getRegionIterArgs().drop_front(kept);
  for (auto [i, ring] : llvm::enumerate(carried))
    slots[ring] = {arguments[2 * i], arguments[2 * i + 1]};
  return fresh;
}

LogicalResult Expansion::expandBlock(Block &block, MutableArrayRef<Slot> slots) {
  SmallVector<Operation *> operations = llvm::map_to_vector(block, [](Operation &op) { return &op; });
  for (Operation *op : operations) {
    if (auto site = siteOf.find(op); site != siteOf.end()) {
      expandSite(sites[site->second], slots[sites[site->second].ring]);
      continue;
    }
    if (followers.contains(op))
      continue; // Expanded, and erased, with the first copy of its site.
    SmallVector<unsigned> carried = op->getNumRegions() ? ringsIn(op) : SmallVector<unsigned>();
    if (carried.empty())
      continue;
    auto loop = dyn_cast<scf::ForOp>(op);
    if (!loop)
      return op->emitOpError("has copies by tensor maps inside; only loops can be pipelined");
    scf::ForOp fresh = carrySlots(loop, carried, slots);
    if (failed(expandBlock(*fresh.getBody(), slots)))
      return failure();
    Operation *yield = fresh.getBody()->getTerminator();
    unsigned kept = fresh.getNumResults() - 2 * carried.size();
    for (auto [i, ring] : llvm::enumerate(carried)) {
      yield->insertOperands(yield->getNumOperands(), {slots[ring].stage, slots[ring].parity});
      slots[ring] = {fresh.getResult(kept + 2 * i), fresh.getResult(kept + 2 * i + 1)};
    }
  }
  return success();
}

LogicalResult Expansion::run() {
  if (failed(collectSites()))
    return failure();
  if (sites.empty())
    return success();
  makeRings();
  Value zero = index(kernel.getLoc(), 0);
  SmallVector<Slot> slots(rings.size(), Slot{zero, zero});
  if (failed(expandBlock(kernel.getBody().front(), slots)))
    return failure();
  for (Ring &ring : rings)
    for (AllocOp alloc : ring.allocs) {
      if (!alloc->use_empty())
        return alloc.emitOpError("is read where no copy has filled it");
      alloc.erase();
    }
  return success();
}

namespace {

struct PipelinePhasesPass : tile::impl::PipelinePhasesPassBase<PipelinePhasesPass> {
  void runOnOperation() override {
    if (failed(Expansion(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace
