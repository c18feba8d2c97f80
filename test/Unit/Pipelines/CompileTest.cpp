//===-- CompileTest.cpp - the compiler as a library -----------------------===//
//
// What holds for one process after another is tested with the tool; this holds within one.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Pipelines/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace ashlar;

static constexpr char program[] = R"(
func.func @f(%a: tensor<64x96xf16>, %b: tensor<96x40xf16>) -> tensor<64x40xf16> {
  %0 = ashlar.matmul %a, %b : tensor<64x96xf16>, tensor<96x40xf16> -> tensor<64x40xf16>
  return %0 : tensor<64x40xf16>
})";

static std::string compileAnew(const CompileOptions &options) {
  DialectRegistry registry;
  registerCompiler(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(program, &context);
  FailureOr<CompileResult> result = compile(*module, options);
  return succeeded(result) ? result->output : "";
}

// The linker inside resets the options of the code generators; the second compilation must not notice.
TEST(Compile, TwiceInAProcessGivesTheSameBytes) {
  CompileOptions options;
  options.assemble = false;
  std::string first = compileAnew(options);
  EXPECT_FALSE(first.empty());
  EXPECT_TRUE(first == compileAnew(options)) << "the packages differ";
}

TEST(Compile, UnknownTargetsAreErrors) {
  CompileOptions options;
  options.targets = {"sm_12"};
  EXPECT_EQ(compileAnew(options), "");
}
