//===-- HostSharedObjectTest.cpp - Shared objects made, loaded and called ---===//
//
// From LLVM-dialect text to a loaded function: values, determinism, exports, and what is refused.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Target/HostSharedObject.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <bit>
#include <cmath>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

/// A loaded object; closes it at the end of the test.
struct LoadedObject {
  void *handle = nullptr;
  explicit LoadedObject(const std::vector<char> &bytes) {
    int file = memfd_create("test", 0);
    EXPECT_EQ(write(file, bytes.data(), bytes.size()), ssize_t(bytes.size()));
    handle = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle, nullptr) << dlerror();
    close(file);
  }
  ~LoadedObject() {
    if (handle)
      dlclose(handle);
  }
  template <typename Function>
  Function *find(const char *name) {
    return reinterpret_cast<Function *>(dlsym(handle, name));
  }
};

struct HostSharedObject : testing::Test {
  mlir::MLIRContext context;
  std::string diagnostics;
  HostSharedObject() {
    context.loadDialect<mlir::LLVM::LLVMDialect>();
    context.getDiagEngine().registerHandler(
        [&](mlir::Diagnostic &diagnostic) { diagnostics += diagnostic.str(); });
  }
  mlir::FailureOr<std::vector<char>> emit(llvm::StringRef text,
                                          ashlar::HostSharedObjectOptions options = {}) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << diagnostics;
    return ashlar::emitHostSharedObject(*module, options);
  }
};

constexpr llvm::StringLiteral roundings = R"(
  llvm.func @to_bf16(%x: f32) -> i16 {
    %half = llvm.fptrunc %x : f32 to bf16
    %bits = llvm.bitcast %half : bf16 to i16
    llvm.return %bits : i16
  }
  llvm.func @double_to_bf16(%x: f64) -> i16 {
    %half = llvm.fptrunc %x : f64 to bf16
    %bits = llvm.bitcast %half : bf16 to i16
    llvm.return %bits : i16
  }
  llvm.func @double_to_f16(%x: f64) -> i16 {
    %half = llvm.fptrunc %x : f64 to f16
    %bits = llvm.bitcast %half : f16 to i16
    llvm.return %bits : i16
  }
  llvm.func @tangent(%x: f32) -> f32 {
    %y = llvm.intr.tan(%x) : (f32) -> f32
    llvm.return %y : f32
  })";

} // namespace

TEST_F(HostSharedObject, RoundsOnceToSixteenBits) {
  auto bytes = emit(roundings);
  ASSERT_TRUE(mlir::succeeded(bytes)) << diagnostics;
  LoadedObject object(*bytes);
  auto *toBf16 = object.find<uint16_t(float)>("to_bf16");
  ASSERT_NE(toBf16, nullptr);
  EXPECT_EQ(toBf16(1.0f), 0x3f80);
  EXPECT_EQ(toBf16(std::bit_cast<float>(0x3f808000)), 0x3f80); // a tie, to even
  EXPECT_EQ(toBf16(std::bit_cast<float>(0x3f818000)), 0x3f82); // a tie, to even
  EXPECT_EQ(toBf16(std::bit_cast<float>(0x3f808001)), 0x3f81);
  EXPECT_EQ(toBf16(INFINITY), 0x7f80);
  EXPECT_EQ(toBf16(-3.4e38f), 0xff80);
  EXPECT_EQ(toBf16(std::bit_cast<float>(0x7f800001)), 0x7fc0);
  // 1 + 2^-8 + 2^-40 lies above the tie; through single precision it would become the tie and round down.
  auto *doubleToBf16 = object.find<uint16_t(double)>("double_to_bf16");
  EXPECT_EQ(doubleToBf16(1.0 + 0x1p-8 + 0x1p-40), 0x3f81);
  EXPECT_EQ(doubleToBf16(1.0 + 0x1p-8 - 0x1p-40), 0x3f80);
  EXPECT_EQ(doubleToBf16(1e300), 0x7f80);
  EXPECT_EQ(doubleToBf16(NAN) & 0x7fc0, 0x7fc0);
  auto *doubleToF16 = object.find<uint16_t(double)>("double_to_f16");
  EXPECT_EQ(doubleToF16(1.0 + 0x1p-11 + 0x1p-40), 0x3c01);
  EXPECT_EQ(doubleToF16(1.0 + 0x1p-11), 0x3c00);
  EXPECT_EQ(doubleToF16(-65519.999), 0xfbff);
  EXPECT_EQ(doubleToF16(0x1p-25 + 0x1p-60), 0x0001);
}

TEST_F(HostSharedObject, FindsMathematicalFunctions) {
  auto bytes = emit(roundings);
  ASSERT_TRUE(mlir::succeeded(bytes)) << diagnostics;
  LoadedObject object(*bytes);
  EXPECT_FLOAT_EQ(object.find<float(float)>("tangent")(1.0f), std::tan(1.0f));
}

TEST_F(HostSharedObject, IsDeterministic) {
  auto first = emit(roundings), second = emit(roundings);
  ASSERT_TRUE(mlir::succeeded(first) && mlir::succeeded(second)) << diagnostics;
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(llvm::StringRef(first->data(), first->size()).find("/tmp"), llvm::StringRef::npos);
}

TEST_F(HostSharedObject, ExportsOnlyWhatIsNamed) {
  ashlar::HostSharedObjectOptions options;
  options.exportedNames = {"to_bf16"};
  auto bytes = emit(roundings, options);
  ASSERT_TRUE(mlir::succeeded(bytes)) << diagnostics;
  LoadedObject object(*bytes);
  EXPECT_NE(object.find<void()>("to_bf16"), nullptr);
  EXPECT_EQ(object.find<void()>("tangent"), nullptr);
  EXPECT_EQ(object.find<void()>("__truncsfbf2"), nullptr);
}

TEST_F(HostSharedObject, LinksAnEmptyModule) {
  EXPECT_TRUE(mlir::succeeded(emit("module {}"))) << diagnostics;
}

TEST_F(HostSharedObject, RefusesAMissingExport) {
  ashlar::HostSharedObjectOptions options;
  options.exportedNames = {"absent"};
  EXPECT_TRUE(mlir::failed(emit(roundings, options)));
  EXPECT_NE(diagnostics.find("does not define the exported name 'absent'"), std::string::npos) << diagnostics;
}

TEST_F(HostSharedObject, RefusesAnUnknownExternalSymbol) {
  EXPECT_TRUE(mlir::failed(emit(R"(
    llvm.func @rtclock() -> f64
    llvm.func @time() -> f64 {
      %0 = llvm.call @rtclock() : () -> f64
      llvm.return %0 : f64
    })")));
  EXPECT_NE(diagnostics.find("needs 'rtclock', which neither libc nor libm has"), std::string::npos)
      << diagnostics;
}

TEST_F(HostSharedObject, RefusesAnUnknownProcessor) {
  ashlar::HostSharedObjectOptions options;
  options.processor = "cray-1";
  EXPECT_TRUE(mlir::failed(emit(roundings, options)));
  EXPECT_NE(diagnostics.find("'cray-1' is no x86-64 processor"), std::string::npos) << diagnostics;
}
