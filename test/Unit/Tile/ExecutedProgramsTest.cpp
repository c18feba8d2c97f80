//===-- ExecutedProgramsTest.cpp - tile passes, checked on executed programs -====//
//
// Random programs go through the pipeline, memory and barrier passes and are then run, operation by
// operation, with concrete trip counts and conditions. The oracle knows nothing of the analysis: it keeps,
// for every byte range that was touched, who touched it since the last barrier, and demands a barrier between
// dependent operations and a wait before the data of an asynchronous copy is touched. Every load must see what
// it sees in the program before the passes.
//
//===------------------------------------------------------------------------===//
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace ashlar;

//===-- Random programs -----------------------------------------------------------===//

namespace {

constexpr int dimensions = 8;

class Generator {
public:
  explicit Generator(unsigned seed) : random(seed) {}

  std::string generate() {
    std::string parameters, symbols;
    for (int d = 0; d < dimensions; ++d) {
      parameters += ", %n" + std::to_string(d) + ": index";
      symbols += (d ? ", s" : "s") + std::to_string(d);
    }
    text = "tile.kernel @k(%in: !tile.buffer<64x64xf32, global>" + parameters + ") grid affine_map<()[" +
           symbols + "] -> (s0, 1, 1)> threads 32 attributes {schedule = {stages = " +
           std::to_string(2 + random() % 3) + " : i64}} {\n" + R"(
        %c0 = arith.constant 0 : index
        %c1 = arith.constant 1 : index
        %c2 = arith.constant 2 : index
        %c3 = arith.constant 3 : index
        %v = tile.view %in map affine_map<(i, j) -> (i, j)> : !tile.buffer<64x64xf32, global> -> !tile.view<64x64xf32>
        %x = arith.constant dense<1.0> : tensor<4x8xf32>
    )";
    buffers = 1 + random() % 4;
    for (int b = 0; b < buffers; ++b)
      text += "%b" + std::to_string(b) + " = tile.alloc : !tile.buffer<4x8xf32, shared>\n";
    emitBlock(0);
    return text + "tile.return }";
  }

private:
  std::string dimension() { return "%n" + std::to_string(random() % dimensions); }
  std::string buffer() { return "%b" + std::to_string(random() % buffers); }

  void emitBlock(int depth) {
    for (int count = 1 + random() % 4; count > 0; --count)
      emitOperation(depth);
  }

  void emitOperation(int depth) {
    std::string name = std::to_string(next++);
    switch (random() % (depth < 3 ? 8 : 5)) {
    case 0:
    case 1:
      text += "tile.copy %v[%c0, %c0] -> " + buffer() +
              " : !tile.view<64x64xf32> -> !tile.buffer<4x8xf32, shared>\n";
      break;
    case 2:
      text += "tile.store %x, " + buffer() + "[%c0, %c0] : tensor<4x8xf32>, !tile.buffer<4x8xf32, shared>\n";
      break;
    case 3:
    case 4:
      text += "%l" + name + " = tile.load " + buffer() +
              "[%c0, %c0] : !tile.buffer<4x8xf32, shared> -> tensor<4x8xf32>\n";
      break;
    case 5:
      text += "%c" + name + "c = arith.cmpi ult, " + dimension() + ", %c" + std::to_string(1 + random() % 3) +
              " : index\nscf.if %c" + name + "c {\n";
      emitBlock(depth + 1);
      if (random() % 2) {
        text += "} else {\n";
        emitBlock(depth + 1);
      }
      text += "}\n";
      break;
    default:
      emitLoop(name, depth);
    }
  }

  /// A loop; half of them with buffers of its own, which can be pipelined.
  void emitLoop(const std::string &name, int depth) {
    int owned = random() % 2 ? 1 + random() % 2 : 0;
    auto own = [&](int i) { return "%o" + name + "x" + std::to_string(i); };
    bool inside = random() % 2;
    auto allocate = [&] {
      for (int i = 0; i < owned; ++i)
        text += own(i) + " = tile.alloc : !tile.buffer<4x8xf32, shared>\n";
    };
    if (!inside)
      allocate();
    text += "scf.for %i" + name + " = %c0 to " + dimension() + " step %c1 {\n";
    if (inside)
      allocate();
    for (int i = 0; i < owned; ++i)
      text += "tile.copy %v[%i" + name + ", %c0] -> " + own(i) +
              " : !tile.view<64x64xf32> -> !tile.buffer<4x8xf32, shared>\n";
    emitBlock(depth + 1);
    for (int i = 0; i < owned; ++i)
      text += "%r" + name + "x" + std::to_string(i) + " = tile.load " + own(i) +
              "[%c0, %c0] : !tile.buffer<4x8xf32, shared> -> tensor<4x8xf32>\n";
    text += "}\n";
  }

  std::mt19937 random;
  std::string text;
  int buffers = 1;
  int next = 0;
};

//===-- The machine -----------------------------------------------------------------===//

struct Access {
  int64_t begin, end;
  bool isWrite;
};

/// What a buffer holds before anything is written.
constexpr int64_t undefined = -1;

/// Runs a kernel, one operation after the other, and collects what goes wrong.
class Machine {
public:
  Machine(tile::KernelOp kernel, std::mt19937 &random) {
    for (Value dimension : kernel.getDimensionArguments())
      integers[dimension] = random() % 6;
    run(kernel.getBody().front());
  }
  std::vector<std::string> faults;
  /// What each load has seen: a number for the operation and the iteration that wrote it.
  std::vector<int64_t> seen;
  int asyncCopies = 0;

private:
  int64_t integer(Value value) { return integers.lookup(value); }

  void touch(Operation *op, Access access) {
    auto clash = [&](const Access &other) {
      return (other.isWrite || access.isWrite) && other.begin < access.end && access.begin < other.end;
    };
    if (llvm::any_of(done, clash))
      faults.push_back("no barrier before " + op->getName().getStringRef().str());
    for (const std::vector<Access> &group : groups)
      if (llvm::any_of(group, clash))
        faults.push_back("no wait before " + op->getName().getStringRef().str());
    if (llvm::any_of(open, clash))
      faults.push_back("no commit before " + op->getName().getStringRef().str());
  }

  /// The planned offset; before planning, memory of its own for each buffer.
  int64_t startOf(tile::AllocOp alloc) {
    if (alloc.getOffset())
      return *alloc.getOffset();
    return starts.try_emplace(alloc, int64_t(starts.size() + 1) << 20).first->second;
  }

  Access range(Value buffer, bool isWrite) {
    int64_t offset = 0;
    auto type = cast<tile::BufferType>(buffer.getType());
    while (auto stage = buffer.getDefiningOp<tile::StageOp>()) {
      buffer = stage.getBuffer();
      auto whole = cast<tile::BufferType>(buffer.getType());
      int64_t index = integer(stage.getIndex());
      if (index < 0 || index >= whole.getShape()[0])
        faults.push_back("stage " + std::to_string(index));
      offset += index * whole.getStrides()[0] * 4;
    }
    offset += startOf(buffer.getDefiningOp<tile::AllocOp>());
    return {offset, offset + type.getSizeInBytes(), isWrite};
  }

  void run(Block &block) {
    for (Operation &op : block)
      step(&op);
  }

  void step(Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return runLoop(loop);
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      Block *block = integer(branch.getCondition()) ? branch.thenBlock() : branch.elseBlock();
      return block ? run(*block) : void();
    }
    if (isa<tile::BarrierOp>(op)) {
      done.clear();
    } else if (isa<tile::AsyncCommitOp>(op)) {
      groups.insert(groups.begin(), std::exchange(open, {}));
    } else if (auto wait = dyn_cast<tile::AsyncWaitOp>(op)) {
      for (; groups.size() > wait.getPending(); groups.pop_back())
        llvm::append_range(done, groups.back());
    } else if (auto copy = dyn_cast<tile::CopyOp>(op)) {
      if (!copy.getPredicate().empty() && !integer(copy.getPredicate()[0]))
        return;
      asyncCopies += copy.getAsync();
      record(op, copy.getDestination(), /*isWrite=*/true, copy.getAsync() ? open : done);
      content[range(copy.getDestination(), true).begin] = identify(op) + integer(copy.getOffsets()[0]);
    } else if (auto alloc = dyn_cast<tile::AllocOp>(op)) {
      if (!alloc.getOffset())
        content[startOf(alloc)] = undefined;
    } else if (auto load = dyn_cast<tile::LoadOp>(op)) {
      record(op, load.getSource(), /*isWrite=*/false, done);
      auto found = content.find(range(load.getSource(), false).begin);
      seen.push_back(found == content.end() ? undefined : found->second);
    } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
      record(op, store.getDestination(), /*isWrite=*/true, done);
      content[range(store.getDestination(), true).begin] = identify(op);
    } else {
      compute(op);
    }
  }

  /// Passes keep locations, so an operation is known by its line.
  static int64_t identify(Operation *op) {
    return 1000 * static_cast<int64_t>(cast<FileLineColLoc>(op->getLoc()).getLine());
  }

  void record(Operation *op, Value buffer, bool isWrite, std::vector<Access> &to) {
    Access access = range(buffer, isWrite);
    touch(op, access);
    to.push_back(access);
  }

  void runLoop(scf::ForOp loop) {
    SmallVector<int64_t> carried;
    for (Value init : loop.getInitArgs())
      carried.push_back(integer(init));
    for (int64_t i = integer(loop.getLowerBound()); i < integer(loop.getUpperBound());
         i += integer(loop.getStep())) {
      integers[loop.getInductionVar()] = i;
      for (auto [argument, value] : llvm::zip(loop.getRegionIterArgs(), carried))
        integers[argument] = value;
      run(*loop.getBody());
      for (auto [index, value] : llvm::enumerate(loop.getBody()->getTerminator()->getOperands()))
        carried[index] = integer(value);
    }
  }

  void compute(Operation *op) {
    if (op->getNumResults() != 1 || !op->getResult(0).getType().isIntOrIndex())
      return;
    auto in = [&](unsigned i) { return integer(op->getOperand(i)); };
    int64_t &out = integers[op->getResult(0)];
    IntegerAttr constant;
    if (matchPattern(op, m_Constant(&constant)))
      out = constant.getType().isInteger(1) ? constant.getValue().getZExtValue() : constant.getInt();
    else if (isa<arith::AddIOp>(op))
      out = in(0) + in(1);
    else if (isa<arith::SubIOp>(op))
      out = in(0) - in(1);
    else if (isa<arith::SelectOp>(op))
      out = in(0) ? in(1) : in(2);
    else if (auto compare = dyn_cast<arith::CmpIOp>(op))
      out = arith::applyCmpPredicate(compare.getPredicate(), APInt(64, in(0), true), APInt(64, in(1), true));
    else
      faults.push_back("unknown operation " + op->getName().getStringRef().str());
  }

  llvm::DenseMap<Value, int64_t> integers;
  llvm::DenseMap<Operation *, int64_t> starts;
  llvm::DenseMap<int64_t, int64_t> content;
  std::vector<Access> done, open;
  std::vector<std::vector<Access>> groups;
};

class ExecutedProgramsTest : public ::testing::Test {
protected:
  ExecutedProgramsTest() {
    context.loadDialect<tile::TileDialect, arith::ArithDialect, scf::SCFDialect>();
    // Remarks about copies that stay are not of interest here.
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        errors += diagnostic.str() + "\n";
    });
  }

  OwningOpRef<ModuleOp> compile(const std::string &program, bool canonicalize) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(program, &context);
    if (!module)
      return {};
    PassManager passes(&context);
    OpPassManager &kernel = passes.nest<tile::KernelOp>();
    kernel.addPass(tile::createPlanPipelinePass());
    kernel.addPass(tile::createPipelinePass());
    if (canonicalize) {
      kernel.addPass(createCanonicalizerPass());
      kernel.addPass(createCSEPass());
    }
    kernel.addPass(tile::createPlanSharedMemoryPass());
    kernel.addPass(tile::createPlanBarriersPass());
    if (failed(passes.run(*module)))
      return {};
    return module;
  }

  static tile::KernelOp kernelOf(ModuleOp module) { return *module.getOps<tile::KernelOp>().begin(); }

  MLIRContext context;
  std::string errors;
};

} // namespace

static void expectSameLoads(const std::vector<int64_t> &expected, const std::vector<int64_t> &seen,
                            unsigned seed) {
  ASSERT_EQ(expected.size(), seen.size()) << "seed " << seed;
  for (size_t i = 0; i < expected.size(); ++i)
    if (expected[i] != undefined)
      ASSERT_EQ(expected[i], seen[i]) << "seed " << seed << ", load " << i;
}

TEST_F(ExecutedProgramsTest, RandomProgramsRunWithoutFaults) {
  int asyncCopies = 0;
  for (unsigned seed = 0; seed < 150; ++seed) {
    std::string program = Generator(seed).generate();
    bool isCanonical = seed % 4 == 0; // Takes out loads: nothing uses them here.
    OwningOpRef<ModuleOp> module = compile(program, isCanonical);
    ASSERT_TRUE(module) << "seed " << seed << "\n" << errors << program;
    OwningOpRef<ModuleOp> original = parseSourceString<ModuleOp>(program, &context);
    std::mt19937 random(seed), again(seed);
    for (int run = 0; run < 30; ++run) {
      Machine machine(kernelOf(*module), random), reference(kernelOf(*original), again);
      ASSERT_TRUE(machine.faults.empty()) << "seed " << seed << ": " << machine.faults.front() << "\n"
                                          << program;
      if (!isCanonical)
        expectSameLoads(reference.seen, machine.seen, seed);
      asyncCopies += machine.asyncCopies;
    }
  }
  EXPECT_GT(asyncCopies, 1000) << "too few pipelined loops: they are not tested";
}

// The planted fault: without its barriers nearly every program goes wrong.
TEST_F(ExecutedProgramsTest, EveryBarrierIsMissedWhenRemoved) {
  int removed = 0, missed = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    OwningOpRef<ModuleOp> module = compile(Generator(seed).generate(), /*canonicalize=*/false);
    ASSERT_TRUE(module) << errors;
    SmallVector<tile::BarrierOp> barriers;
    kernelOf(*module).walk([&](tile::BarrierOp barrier) { barriers.push_back(barrier); });
    for (tile::BarrierOp barrier : barriers) {
      Operation *next = barrier->getNextNode();
      barrier->remove();
      bool isFaulty = false;
      std::mt19937 random(1);
      for (int run = 0; run < 300 && !isFaulty; ++run)
        isFaulty = !Machine(kernelOf(*module), random).faults.empty();
      next->getBlock()->getOperations().insert(next->getIterator(), barrier);
      ++removed;
      missed += isFaulty;
    }
  }
  // Some need an unlikely path, or ask a dimension twice in ways that exclude each other, which the analysis
  // does not follow.
  EXPECT_GT(missed * 100, removed * 90) << missed << " of " << removed;
}
