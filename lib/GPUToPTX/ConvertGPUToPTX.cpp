//===-- ConvertGPUToPTX.cpp - ptx operations as inline assembly -----------===//
//
// One pattern for all operations that can print themselves. It knows nothing of single instructions.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/GPUToPTX/Passes.h"
#include "dialects/Ptx/Ptx.h"

#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ashlar {
#define GEN_PASS_DEF_CONVERTGPUTOPTXPASS
#include "ashlar/GPUToPTX/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

/// The LLVM type of one register of a value.
static Type registerType(Type type) {
  Builder builder(type.getContext());
  if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(type))
    return pointer.getAddressSpace() == 3 ? Type(builder.getI32Type()) : type;
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return type;
  return ptx::registersOf(type).count == 1 ? Type(builder.getI32Type()) : vector.getElementType();
}

/// The registers that hold `value`, as `registersOf` counts them.
static void appendRegisters(PatternRewriter &rewriter, Location loc, Value value,
                            SmallVectorImpl<Value> &registers) {
  Type type = value.getType(), part = registerType(type);
  unsigned count = ptx::registersOf(type).count;
  if (isa<VectorType>(type) && count > 1) {
    for (unsigned i = 0; i < count; ++i) {
      Value position = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(i));
      registers.push_back(LLVM::ExtractElementOp::create(rewriter, loc, value, position));
    }
    return;
  }
  if (part == type)
    registers.push_back(value);
  else if (isa<LLVM::LLVMPointerType>(type))
    registers.push_back(LLVM::PtrToIntOp::create(rewriter, loc, part, value));
  else
    registers.push_back(LLVM::BitcastOp::create(rewriter, loc, part, value));
}

/// Takes registers from the front of `registers` and makes the value of `type` of them.
static Value takeValue(PatternRewriter &rewriter, Location loc, Type type, ArrayRef<Value> &registers) {
  unsigned count = ptx::registersOf(type).count;
  ArrayRef<Value> parts = registers.take_front(count);
  registers = registers.drop_front(count);
  if (parts.front().getType() == type)
    return parts.front();
  if (isa<LLVM::LLVMPointerType>(type))
    return LLVM::IntToPtrOp::create(rewriter, loc, type, parts.front());
  if (count == 1)
    return LLVM::BitcastOp::create(rewriter, loc, type, parts.front());
  Value whole = LLVM::PoisonOp::create(rewriter, loc, type);
  for (auto [i, part] : llvm::enumerate(parts)) {
    Value position = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(i));
    whole = LLVM::InsertElementOp::create(rewriter, loc, whole, part, position);
  }
  return whole;
}

/// What inline assembly returns: nothing, a register, or a struct of registers.
static Type assemblyResultType(MLIRContext *context, ArrayRef<Type> registers) {
  if (registers.empty())
    return {};
  return registers.size() == 1 ? registers.front()
                               : Type(LLVM::LLVMStructType::getLiteral(context, registers));
}

namespace {
struct LowerToInlineAssembly : OpInterfaceRewritePattern<ptx::InlinePtxInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ptx::InlinePtxInterface op, PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      appendRegisters(rewriter, loc, operand, operands);
    SmallVector<Type> resultRegisters;
    for (Type type : op->getResultTypes())
      resultRegisters.append(ptx::registersOf(type).count, registerType(type));

    bool sideEffects = op.hasPtxSideEffects();
    std::string constraints = op.getPtxConstraints();
    if (sideEffects)
      constraints += constraints.empty() ? "~{memory}" : ",~{memory}";
    auto assembly = LLVM::InlineAsmOp::create(
        rewriter, loc, assemblyResultType(op.getContext(), resultRegisters), operands, op.getPtxTemplate(),
        constraints, sideEffects, /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
        /*asm_dialect=*/nullptr,
        /*operand_attrs=*/nullptr);

    SmallVector<Value> parts;
    if (resultRegisters.size() == 1)
      parts.push_back(assembly.getRes());
    else
      for (int64_t i = 0, count = resultRegisters.size(); i < count; ++i)
        parts.push_back(LLVM::ExtractValueOp::create(rewriter, loc, assembly.getRes(), i));
    ArrayRef<Value> remaining = parts;
    SmallVector<Value> results;
    for (Type type : op->getResultTypes())
      results.push_back(takeValue(rewriter, loc, type, remaining));
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct ConvertGPUToPTXPass : ashlar::impl::ConvertGPUToPTXPassBase<ConvertGPUToPTXPass> {
  void runOnOperation() override {
    if (failed(lowerToInlinePtx(getOperation())))
      signalPassFailure();
  }
};
} // namespace

LogicalResult ashlar::lowerToInlinePtx(Operation *gpuModule) {
  RewritePatternSet patterns(gpuModule->getContext());
  patterns.add<LowerToInlineAssembly>(gpuModule->getContext());
  populateNVVMToLLVMConversionPatterns(patterns);
  // Only the patterns: LLVM simplifies better, and the text stays close to what was written.
  GreedyRewriteConfig config;
  config.enableFolding(false).enableConstantCSE(false).setRegionSimplificationLevel(
      GreedySimplifyRegionLevel::Disabled);
  return applyPatternsGreedily(gpuModule, std::move(patterns), config);
}
