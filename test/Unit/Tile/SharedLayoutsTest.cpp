//===-- SharedLayoutsTest.cpp - Bank conflicts of whole kernels -----------===//
//
// Assigns the layouts of products over many tile shapes and types, and counts the conflicts of every buffer.
//
//===----------------------------------------------------------------------===//
#include "lib/Tile/SharedLayouts.h"

#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace ashlar::tile;

namespace {

class SharedLayoutsTest : public testing::Test {
protected:
  SharedLayoutsTest() {
    context.loadDialect<TileDialect, arith::ArithDialect, math::MathDialect, scf::SCFDialect>();
  }

  OwningOpRef<ModuleOp> assign(const std::string &text) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    PassManager passes(&context);
    passes.nest<KernelOp>().addPass(createAssignLayoutsPass());
    if (!module || failed(passes.run(*module)))
      return nullptr;
    return module;
  }

  /// The conflicts of each buffer, in the order of the program.
  SmallVector<int64_t> conflicts(const std::string &text) {
    SmallVector<int64_t> result;
    OwningOpRef<ModuleOp> module = assign(text);
    if (!module)
      return {-1};
    module->walk([&](KernelOp kernel) {
      kernel->walk([&](AllocOp alloc) {
        result.push_back(countBankConflicts(alloc, kernel.getThreads()).value_or(-1));
      });
    });
    return result;
  }

  MLIRContext context;
};

/// A product of MxK by KxN tiles out of shared memory. Where `aByRows`, A lies with k contiguous, where
/// `bByRows` B with n contiguous; the result leaves as `out`.
std::string product(int64_t m, int64_t n, int64_t k, StringRef type, StringRef sum, bool aByRows,
                    bool bByRows, StringRef epilogue, StringRef out) {
  std::string a = aByRows ? llvm::formatv("{0}x{1}", m, k).str() : llvm::formatv("{0}x{1}", k, m).str();
  std::string b = bByRows ? llvm::formatv("{0}x{1}", k, n).str() : llvm::formatv("{0}x{1}", n, k).str();
  return llvm::formatv(R"(
tile.kernel @product(%A: !tile.buffer<{0}x{3}, global>, %B: !tile.buffer<{1}x{3}, global>,
                     %C: !tile.buffer<{5}x{6}x{8}, global>) grid affine_map<() -> (1, 1, 1)> threads 128 {{
  %c0 = arith.constant 0 : index
  %va = tile.view %A map affine_map<(m, k) -> ({9})> : !tile.buffer<{0}x{3}, global> -> !tile.view<{5}x{2}x{3}>
  %vb = tile.view %B map affine_map<(k, n) -> ({10})> : !tile.buffer<{1}x{3}, global> -> !tile.view<{2}x{6}x{3}>
  %vc = tile.view %C map affine_map<(m, n) -> (m, n)> : !tile.buffer<{5}x{6}x{8}, global> -> !tile.view<{5}x{6}x{8}>
  %sa = tile.alloc : !tile.buffer<{5}x{2}x{3}, shared>
  %sb = tile.alloc : !tile.buffer<{2}x{6}x{3}, shared>
  tile.copy %va[%c0, %c0] -> %sa : !tile.view<{5}x{2}x{3}> -> !tile.buffer<{5}x{2}x{3}, shared>
  tile.copy %vb[%c0, %c0] -> %sb : !tile.view<{2}x{6}x{3}> -> !tile.buffer<{2}x{6}x{3}, shared>
  %a = tile.load %sa[%c0, %c0] : !tile.buffer<{5}x{2}x{3}, shared> -> tensor<{5}x{2}x{3}>
  %b = tile.load %sb[%c0, %c0] : !tile.buffer<{2}x{6}x{3}, shared> -> tensor<{2}x{6}x{3}>
  %zero = tile.splat %z : {4} -> tensor<{5}x{6}x{4}>
  %d = tile.mma mma_sync %a, %b, %zero : tensor<{5}x{2}x{3}>, tensor<{2}x{6}x{3}> -> tensor<{5}x{6}x{4}>
  {7}
  tile.store %o, %vc[%c0, %c0] : tensor<{5}x{6}x{8}>, !tile.view<{5}x{6}x{8}>
  tile.return
})",
                       a, b, k, type, sum, m, n, epilogue, out, aByRows ? "m, k" : "k, m",
                       bByRows ? "k, n" : "n, k")
      .str();
}

std::string replaced(std::string text, StringRef from, StringRef to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// The f16 product, stored as f16 by way of shared memory.
std::string halfProduct(int64_t m, int64_t n, int64_t k, bool aByRows, bool bByRows) {
  std::string truncate =
      llvm::formatv("%o = arith.truncf %d : tensor<{0}x{1}xf32> to tensor<{0}x{1}xf16>", m, n);
  return replaced(product(m, n, k, "f16", "f32", aByRows, bByRows, truncate, "f16"),
                  "%zero = tile.splat %z : f32",
                  "%z = arith.constant 0.0 : f32\n  %zero = tile.splat %z : f32");
}

} // namespace

TEST_F(SharedLayoutsTest, HalfProductsAreFreeOfConflicts) {
  for (int64_t m : {64, 128})
    for (int64_t n : {64, 96, 128, 256})
      for (int64_t k : {16, 32, 48, 64, 80})
        for (bool aByRows : {true, false})
          for (bool bByRows : {true, false})
            EXPECT_EQ(conflicts(halfProduct(m, n, k, aByRows, bByRows)), (SmallVector<int64_t>{0, 0, 0}))
                << m << "x" << n << "x" << k << (aByRows ? ", A by rows" : ", A by columns")
                << (bByRows ? ", B by rows" : ", B by columns");
}

TEST_F(SharedLayoutsTest, OperandsOfOtherTypesAlongTheSharedDimension) {
  for (int64_t k : {32, 64, 96, 128}) {
    std::string bytes =
        replaced(product(128, 64, k, "i8", "i32", true, false,
                         "%o = arith.addi %d, %zero : "
                         "tensor<128x64xi32>",
                         "i32"),
                 "%zero = tile.splat %z : i32", "%z = arith.constant 0 : i32\n  %zero = tile.splat %z : i32");
    EXPECT_EQ(conflicts(bytes), (SmallVector<int64_t>{0, 0})) << k;
    std::string words = replaced(product(64, 64, k, "f32", "f32", true, false,
                                         "%o = arith.addf %d, %zero : "
                                         "tensor<64x64xf32>",
                                         "f32"),
                                 "%zero = tile.splat %z : f32",
                                 "%z = arith.constant 0.0 : f32\n  %zero = tile.splat %z : f32");
    EXPECT_EQ(conflicts(words), (SmallVector<int64_t>{0, 0})) << k;
  }
}

TEST_F(SharedLayoutsTest, PackedWeights) {
  // Weights of four and eight bits, widened in registers to the f16 operand.
  for (StringRef type : {"i4", "i8"})
    for (int64_t k : {32, 64, 128}) {
      std::string text = product(64, 96, k, "f16", "f32", true, false,
                                 "%o = arith.addf %d, %zero : tensor<64x96xf32>", "f32");
      text = replaced(text, "%zero = tile.splat %z : f32",
                      "%z = arith.constant 0.0 : f32\n  %zero = tile.splat %z : f32");
      std::string weights = llvm::formatv("{0}x96xf16", k), narrow = llvm::formatv("{0}x96x{1}", k, type);
      text =
          replaced(text, llvm::formatv("96x{0}xf16", k).str(), llvm::formatv("96x{0}x{1}", k, type).str());
      for (StringRef memory : {"!tile.view<", "!tile.buffer<"})
        text = replaced(text, memory.str() + weights, memory.str() + narrow);
      text = replaced(text, "%b = tile.load", "%w = tile.load");
      text = replaced(text, "-> tensor<" + weights + ">\n  %z",
                      "-> tensor<" + narrow + ">\n  %b = arith.sitofp %w : tensor<" + narrow +
                          "> to tensor<" + weights + ">\n  %z");
      EXPECT_EQ(conflicts(text), (SmallVector<int64_t>{0, 0})) << text;
    }
}

TEST_F(SharedLayoutsTest, AnUnswizzledBufferIsFound) {
  std::string plain =
      replaced(halfProduct(128, 128, 64, true, false), "%sa = tile.alloc : !tile.buffer<128x64xf16, shared>",
               "%sa = tile.alloc : !tile.buffer<128x64xf16, shared, #tile.buffer_layout<[64, 1]>>");
  plain = replaced(plain, "-> !tile.buffer<128x64xf16, shared>",
                   "-> !tile.buffer<128x64xf16, shared, #tile.buffer_layout<[64, 1]>>");
  plain =
      replaced(plain, "tile.load %sa[%c0, %c0] : !tile.buffer<128x64xf16, shared>",
               "tile.load %sa[%c0, %c0] : !tile.buffer<128x64xf16, shared, #tile.buffer_layout<[64, 1]>>");
  SmallVector<int64_t> counts = conflicts(plain);
  ASSERT_EQ(counts.size(), 3u);
  EXPECT_GT(counts[0], 0);
  EXPECT_EQ(counts[1], 0);
}

TEST_F(SharedLayoutsTest, CopiesFitTheLayoutThatIsThere) {
  // Rows of 36 halves start at multiples of 8 bytes; columns are not contiguous at all.
  for (auto [strides, width] : {std::pair("[36, 1]", 4), std::pair("[1, 128]", 1), std::pair("[72, 1]", 8)}) {
    std::string layout = llvm::formatv("!tile.buffer<128x32xf16, shared, #tile.buffer_layout<{0}>>", strides);
    OwningOpRef<ModuleOp> module = assign(llvm::formatv(R"(
tile.kernel @copy(%A: !tile.buffer<128x32xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128 {{
  %c0 = arith.constant 0 : index
  %va = tile.view %A map affine_map<(m, k) -> (m, k)> : !tile.buffer<128x32xf16, global> -> !tile.view<128x32xf16>
  %sa = tile.alloc : {0}
  tile.copy %va[%c0, %c0] -> %sa : !tile.view<128x32xf16> -> {0}
  tile.return
})",
                                                        layout)
                                              .str());
    ASSERT_TRUE(module);
    module->walk([&, width = width](CopyOp copy) { EXPECT_EQ(copy.getVectorWidth(), uint64_t(width)); });
  }
}
