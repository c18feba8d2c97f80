//===-- PTXEmitterTest.cpp - PTX as a library call -------------------------===//
//
// The function that other parts of the compiler call: text, determinism, the module's integrity, and
// refusals.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/GPUToPTX/Assembler.h"
#include "dialects/Ptx/Ptx.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace ashlar;

namespace {
struct PTXEmitterTest : testing::Test {
  PTXEmitterTest() {
    context.loadDialect<mlir::gpu::GPUDialect, mlir::LLVM::LLVMDialect, mlir::NVVM::NVVMDialect,
                        ptx::PtxDialect>();
    context.getDiagEngine().registerHandler(
        [this](mlir::Diagnostic &diagnostic) { message += diagnostic.str() + "\n"; });
  }

  mlir::gpu::GPUModuleOp parse(llvm::StringRef body) {
    std::string text =
        "gpu.module @kernels { llvm.func @kernel(%x: f32, %out: !llvm.ptr<1>) attributes {gpu.kernel, "
        "nvvm.kernel, nvvm.reqntid = array<i32: 32, 1, 1>} {" +
        body.str() + " llvm.return } }";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    return *module->getOps<mlir::gpu::GPUModuleOp>().begin();
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string message;
};
} // namespace

static constexpr llvm::StringLiteral exponential =
    "%y = ptx.ex2 %x : f32 llvm.store %y, %out : f32, !llvm.ptr<1>";

TEST_F(PTXEmitterTest, EmitsForEveryTargetTwiceTheSame) {
  mlir::gpu::GPUModuleOp kernels = parse(exponential);
  for (const TargetInfo &target : allTargets()) {
    mlir::FailureOr<std::string> first = emitPTX(kernels, target), second = emitPTX(kernels, target);
    ASSERT_TRUE(mlir::succeeded(first) && mlir::succeeded(second)) << message;
    EXPECT_EQ(*first, *second);
    EXPECT_NE(first->find(".target " + std::string(target.name)), std::string::npos);
    EXPECT_NE(first->find("ex2.approx.ftz.f32"), std::string::npos);
  }
}

TEST_F(PTXEmitterTest, LeavesTheModuleAsItIs) {
  mlir::gpu::GPUModuleOp kernels = parse(exponential);
  auto print = [&] {
    std::string text;
    llvm::raw_string_ostream stream(text);
    kernels.print(stream);
    return text;
  };
  std::string before = print();
  ASSERT_TRUE(mlir::succeeded(emitPTX(kernels, *lookupTarget("sm_80"))));
  EXPECT_EQ(print(), before);
}

TEST_F(PTXEmitterTest, GoesOnAfterTheBackendGaveUp) {
  mlir::gpu::GPUModuleOp unknown = parse("nvvm.wgmma.fence.aligned");
  EXPECT_TRUE(mlir::failed(emitPTX(unknown, *lookupTarget("sm_80"))));
  EXPECT_NE(message.find("cannot be compiled for sm_80: Cannot select"), std::string::npos) << message;
  mlir::gpu::GPUModuleOp known = parse(exponential);
  EXPECT_TRUE(mlir::succeeded(emitPTX(known, *lookupTarget("sm_80"))));
}

TEST_F(PTXEmitterTest, AssemblesWhereThereIsAnAssembler) {
  const TargetInfo &target = *lookupTarget("sm_80");
  mlir::Location location = mlir::UnknownLoc::get(&context);
  if (!findAssembler()) {
    EXPECT_TRUE(mlir::failed(assemble("", target, location)));
    EXPECT_NE(message.find("no ptxas is found"), std::string::npos);
    return;
  }
  mlir::FailureOr<std::string> ptx = emitPTX(parse(exponential), target);
  ASSERT_TRUE(mlir::succeeded(ptx));
  mlir::FailureOr<AssemblyReport> report = assemble(*ptx, target, location);
  ASSERT_TRUE(mlir::succeeded(report)) << message;
  ASSERT_EQ(report->kernels.size(), 1u);
  EXPECT_EQ(report->kernels[0].name, "kernel");
  EXPECT_GT(report->kernels[0].registers, 0u);
  EXPECT_EQ(std::string(report->cubin.begin() + 1, report->cubin.begin() + 4), "ELF");

  EXPECT_TRUE(mlir::failed(assemble("not PTX", target, location)));
  EXPECT_NE(message.find("ptxas rejects the kernels for sm_80"), std::string::npos) << message;
  EXPECT_EQ(message.find("/tmp"), std::string::npos) << "the temporary folder shows: " << message;
}
