//===-- FunctionAccuracyTest.cpp - Functions of math against the C library -===//
//
// Runs the code that ashlar-convert-gpu-to-llvm makes of each function on the simulator and compares with
// double precision: relative errors over a range, and the special values.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPU/Passes.h"
#include "ashlar/GPUToHost/GPUToHost.h"
#include "ashlar/Simulator/Simulator.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace ashlar;

namespace {
using Reference = double (*)(double);
using Reference2 = double (*)(double, double);

/// A function of one f32 and the range its error is bounded on.
struct UnaryCase {
  const char *operation;
  Reference reference;
  double from, to;
  double relativeError;
  bool keepsSignOfZero = true;
};

struct BinaryCase {
  const char *operation;
  Reference2 reference;
  double from, to;
};
} // namespace

/// A kernel in which thread i computes `operation` of element i of the inputs. The operation names its
/// operands %x, %y.
static std::string kernelText(llvm::StringRef operation, llvm::StringRef type) {
  return llvm::formatv(R"(gpu.module @kernels {{
    gpu.func @apply(%xs: !llvm.ptr<1>, %ys: !llvm.ptr<1>, %out: !llvm.ptr<1>, %count: i32) kernel
        attributes {{known_block_size = array<i32: 32, 1, 1>} {{
      %thread = gpu.thread_id x
      %block = gpu.block_id x
      %width = arith.constant 32 : index
      %first = arith.muli %block, %width : index
      %index = arith.addi %first, %thread : index
      %i = arith.index_cast %index : index to i32
      %inside = arith.cmpi slt, %i, %count : i32
      scf.if %inside {{
        %xp = llvm.getelementptr %xs[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, {1}
        %yp = llvm.getelementptr %ys[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, {1}
        %rp = llvm.getelementptr %out[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, {1}
        %x = llvm.load %xp : !llvm.ptr<1> -> {1}
        %y = llvm.load %yp : !llvm.ptr<1> -> {1}
        %r = {0} : {1}
        llvm.store %r, %rp : {1}, !llvm.ptr<1>
      }
      gpu.return
    }
  })",
                       operation, type);
}

/// The simulator's object of the kernel; empty after a failure, which has been reported.
static std::vector<char> compile(llvm::StringRef operation, llvm::StringRef type) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::arith::ArithDialect, mlir::gpu::GPUDialect, mlir::LLVM::LLVMDialect,
                      mlir::math::MathDialect, mlir::scf::SCFDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(kernelText(operation, type), &context);
  mlir::PassManager passes(&context);
  passes.nest<mlir::gpu::GPUModuleOp>().addPass(createConvertGPUToLLVMPass());
  if (!module || mlir::failed(passes.run(*module)))
    return {};
  mlir::FailureOr<std::vector<char>> object =
      emitSimulatorObject({*module->getOps<mlir::gpu::GPUModuleOp>().begin()});
  return mlir::succeeded(object) ? std::move(*object) : std::vector<char>();
}

/// The results of `operation` on all elements; empty after a failure.
template <typename T>
static std::vector<T> apply(llvm::StringRef operation, llvm::StringRef type, const std::vector<T> &xs,
                            const std::vector<T> &ys) {
  std::vector<char> object = compile(operation, type);
  simulator::Device device;
  auto bytes = std::span(reinterpret_cast<const uint8_t *>(object.data()), object.size());
  auto module = device.load(bytes, operation.str());
  if (object.empty() || !module)
    return {};
  size_t size = xs.size() * sizeof(T);
  auto x = device.allocate(size), y = device.allocate(size), out = device.allocate(size);
  int32_t count = xs.size();
  std::vector<T> results(xs.size());
  const void *arguments[] = {&*x, &*y, &*out, &count};
  simulator::LaunchShape shape{{static_cast<uint32_t>(count + 31) / 32, 1, 1}, {32, 1, 1}, 0, arguments};
  if (!device.copyToDevice(*x, xs.data(), size).ok() || !device.copyToDevice(*y, ys.data(), size).ok())
    return {};
  auto launched = device.launch(**module, "apply", shape);
  if (!launched || !launched->completed || !device.copyToHost(results.data(), *out, size).ok())
    return {};
  return results;
}

static std::vector<float> samples(double from, double to, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(2000);
  // Evenly in the logarithm where the range has one sign and several orders of magnitude.
  bool logarithmic = from > 0 && to / from > 100;
  std::uniform_real_distribution<double> distribution(logarithmic ? std::log(from) : from,
                                                      logarithmic ? std::log(to) : to);
  for (float &value : values)
    value = logarithmic ? std::exp(distribution(generator)) : distribution(generator);
  return values;
}

static bool isSame(float value, double expected, bool signOfZero = true) {
  if (std::isnan(expected))
    return std::isnan(value);
  return value == static_cast<float>(expected) &&
         (!signOfZero || std::signbit(value) == std::signbit(expected));
}

static double reciprocalRoot(double x) { return 1.0 / std::sqrt(x); }

struct UnaryAccuracyTest : testing::TestWithParam<UnaryCase> {};

TEST_P(UnaryAccuracyTest, StaysWithinItsBound) {
  const UnaryCase &function = GetParam();
  std::vector<float> xs = samples(function.from, function.to, 1);
  std::vector<float> results = apply(std::string(function.operation) + " %x", "f32", xs, xs);
  ASSERT_EQ(results.size(), xs.size());
  double worst = 0, worstAt = 0;
  for (size_t i = 0; i < xs.size(); ++i) {
    double expected = function.reference(xs[i]);
    if (std::abs(expected) < std::numeric_limits<float>::min() || std::abs(expected) > 3e38)
      continue;
    double error = std::abs(results[i] - expected) / std::abs(expected);
    if (!(error <= worst)) {
      worst = error;
      worstAt = xs[i];
    }
  }
  EXPECT_LE(worst, function.relativeError) << "at " << worstAt;
}

TEST_P(UnaryAccuracyTest, KnowsSpecialValues) {
  const UnaryCase &function = GetParam();
  float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> xs = {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 0.0f, -0.0f};
  std::vector<float> results = apply(std::string(function.operation) + " %x", "f32", xs, xs);
  ASSERT_EQ(results.size(), xs.size());
  for (size_t i = 0; i < xs.size(); ++i) {
    double expected = function.reference(xs[i]);
    // pi/2 and its like are no f32: the nearest float is a matter of rounding.
    if (std::isfinite(expected) && expected != 0)
      EXPECT_NEAR(results[i], expected, 1e-6) << "at " << xs[i];
    else
      EXPECT_TRUE(isSame(results[i], expected, function.keepsSignOfZero))
          << "at " << xs[i] << ": " << results[i];
  }
}

TEST(HyperbolicTest, AcoshIsNoNumberFarBelowItsDomain) {
  std::vector<float> xs = {-65504.0f, -3e38f, -1.0f, 0.5f};
  std::vector<float> results = apply("math.acosh %x", "f32", xs, xs);
  ASSERT_EQ(results.size(), xs.size());
  for (size_t i = 0; i < xs.size(); ++i)
    EXPECT_TRUE(std::isnan(results[i])) << "at " << xs[i] << ": " << results[i];
}

static const UnaryCase unaryCases[] = {{"math.exp", std::exp, -87, 88, 2.5e-7},
                                       {"math.exp2", std::exp2, -125, 127, 2.5e-7},
                                       {"math.expm1", std::expm1, -15, 80, 3e-7},
                                       {"math.log", std::log, 1e-30, 1e30, 2e-7},
                                       {"math.log2", std::log2, 1e-30, 1e30, 2e-7},
                                       {"math.log10", std::log10, 1e-30, 1e30, 3e-7},
                                       {"math.log1p", std::log1p, -0.99, 0.99, 3e-7},
                                       {"math.sqrt", std::sqrt, 1e-30, 1e30, 6e-8},
                                       {"math.rsqrt", reciprocalRoot, 1e-30, 1e30, 2.5e-7},
                                       {"math.cbrt", std::cbrt, -1e6, 1e6, 2e-6},
                                       {"math.sin", std::sin, -3.1, 3.1, 3e-7},
                                       {"math.cos", std::cos, -1.5, 1.5, 3e-7},
                                       {"math.tan", std::tan, -1.5, 1.5, 4e-7},
                                       {"math.asin", std::asin, -1, 1, 4e-7},
                                       {"math.acos", std::acos, -1, 0.999, 4e-7},
                                       {"math.atan", std::atan, -50, 50, 4e-7},
                                       {"math.sinh", std::sinh, -89, 89, 5e-7},
                                       {"math.cosh", std::cosh, -89, 89, 5e-7},
                                       {"math.tanh", std::tanh, -9, 9, 5e-7},
                                       {"math.asinh", std::asinh, -100, 100, 4e-7},
                                       {"math.acosh", std::acosh, 1, 1e9, 4e-7},
                                       {"math.atanh", std::atanh, -0.999, 0.999, 4e-7},
                                       {"math.erf", std::erf, -4, 4, 5e-7, false},
                                       {"math.erfc", std::erfc, -4, 4, 5e-7}};

INSTANTIATE_TEST_SUITE_P(Functions, UnaryAccuracyTest, testing::ValuesIn(unaryCases),
                         [](const auto &info) { return std::string(info.param.operation).substr(5); });

// The quadrant of a large angle is found by three parts of pi/2.
TEST(FunctionAccuracy, SineOfLargeAngles) {
  std::vector<float> xs = samples(-1e5, 1e5, 2);
  std::vector<float> results = apply("math.sin %x", "f32", xs, xs);
  ASSERT_EQ(results.size(), xs.size());
  for (size_t i = 0; i < xs.size(); ++i)
    EXPECT_NEAR(results[i], std::sin(double(xs[i])), 2e-7) << "at " << xs[i];
}

struct BinaryAccuracyTest : testing::TestWithParam<BinaryCase> {};

TEST_P(BinaryAccuracyTest, StaysWithinItsBound) {
  const BinaryCase &function = GetParam();
  std::vector<float> xs = samples(function.from, function.to, 3), ys = samples(-10, 10, 4);
  // Half of the exponents are whole, so that negative bases have powers.
  for (size_t i = 0; i < ys.size(); i += 2)
    ys[i] = std::round(ys[i]);
  std::vector<float> results = apply(std::string(function.operation) + " %x, %y", "f32", xs, ys);
  ASSERT_EQ(results.size(), xs.size());
  for (size_t i = 0; i < xs.size(); ++i) {
    double expected = function.reference(xs[i], ys[i]);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(results[i])) << xs[i] << ", " << ys[i];
    else if (std::abs(expected) > std::numeric_limits<float>::min() && std::abs(expected) < 3e38)
      EXPECT_NEAR(results[i] / expected, 1.0, 5e-7) << xs[i] << ", " << ys[i];
  }
}

TEST_P(BinaryAccuracyTest, KnowsSpecialValues) {
  const BinaryCase &function = GetParam();
  float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> xs, ys;
  for (float x : {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 0.5f, infinity, -infinity, nan})
    for (float y : {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -3.0f, 0.5f, infinity, -infinity, nan}) {
      xs.push_back(x);
      ys.push_back(y);
    }
  std::vector<float> results = apply(std::string(function.operation) + " %x, %y", "f32", xs, ys);
  ASSERT_EQ(results.size(), xs.size());
  for (size_t i = 0; i < xs.size(); ++i) {
    double expected = function.reference(xs[i], ys[i]);
    if (std::isfinite(expected) && expected != 0)
      EXPECT_NEAR(results[i], expected, 1e-6) << xs[i] << ", " << ys[i];
    else
      EXPECT_TRUE(isSame(results[i], expected))
          << xs[i] << ", " << ys[i] << ": " << results[i] << ", not " << expected;
  }
}

static const BinaryCase binaryCases[] = {{"math.powf", std::pow, -100, 100},
                                         {"math.atan2", std::atan2, -10, 10}};

INSTANTIATE_TEST_SUITE_P(Functions, BinaryAccuracyTest, testing::ValuesIn(binaryCases),
                         [](const auto &info) { return std::string(info.param.operation).substr(5); });

TEST(FunctionAccuracy, IntegerPowers) {
  std::vector<int32_t> xs = {0, 0, 1, -1, -1, 2, -3, 7, 1, -1, -1, 2, 5};
  std::vector<int32_t> ys = {0, 5, 9, 4, 7, 30, 5, 11, -4, -4, -5, -1, -2};
  std::vector<int32_t> expected = {1, 0, 1, 1, -1, 1 << 30, -243, 1977326743, 1, 1, -1, 0, 0};
  EXPECT_EQ(apply("math.ipowi %x, %y", "i32", xs, ys), expected);
}
