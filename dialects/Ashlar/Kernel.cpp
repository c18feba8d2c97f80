//===-- Kernel.cpp - ashlar.kernel, the unit of fusion --------------------===//
//
// Syntax, verifier and canonical form of the kernel region.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace ashlar::ash;

YieldOp KernelOp::getYield() { return cast<YieldOp>(getBlock()->getTerminator()); }

void KernelOp::build(OpBuilder &builder, OperationState &state, TypeRange resultTypes, ValueRange inputs,
                     StringRef name) {
  state.addOperands(inputs);
  state.addTypes(resultTypes);
  if (!name.empty())
    state.addAttribute(getKernelNameAttrName(state.name), builder.getStringAttr(name));
  Block &block = state.addRegion()->emplaceBlock();
  for (Value input : inputs)
    block.addArgument(input.getType(), input.getLoc());
}

//===----------------------------------------------------------------------===//
// Syntax: ashlar.kernel @name (%argument = %input : type, ...) schedule(attribute) -> type attributes {...} {
// region }
//===----------------------------------------------------------------------===//

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  if (succeeded(parser.parseOptionalSymbolName(name)))
    state.addAttribute(getKernelNameAttrName(state.name), name);

  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs;
  SMLoc inputsLocation = parser.getCurrentLocation();
  auto parseInput = [&]() -> ParseResult {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    return failure(parser.parseArgument(argument) || parser.parseEqual() ||
                   parser.parseOperand(inputs.emplace_back()) || parser.parseColonType(argument.type));
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseInput))
    return failure();
  auto types =
      llvm::map_to_vector(arguments, [](const OpAsmParser::Argument &argument) { return argument.type; });

  if (succeeded(parser.parseOptionalKeyword("schedule"))) {
    Attribute schedule;
    if (parser.parseLParen() || parser.parseAttribute(schedule) || parser.parseRParen())
      return failure();
    state.addAttribute(getScheduleAttrName(state.name), schedule);
  }
  if (parser.parseArrowTypeList(state.types) || parser.parseOptionalAttrDictWithKeyword(state.attributes) ||
      parser.resolveOperands(inputs, types, inputsLocation, state.operands))
    return failure();
  return parser.parseRegion(*state.addRegion(), arguments);
}

void KernelOp::print(OpAsmPrinter &printer) {
  if (std::optional<StringRef> name = getKernelName()) {
    printer << ' ';
    printer.printSymbolName(*name);
  }
  printer << " (";
  llvm::interleaveComma(llvm::zip_equal(getBlock()->getArguments(), getInputs()), printer, [&](auto pair) {
    auto [argument, input] = pair;
    printer << argument << " = " << input << " : " << input.getType();
  });
  printer << ")";
  if (Attribute schedule = getScheduleAttr())
    printer << " schedule(" << schedule << ")";
  printer.printArrowTypeList(getResultTypes());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getKernelNameAttrName(), getScheduleAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

LogicalResult KernelOp::verifyRegions() {
  Block *block = getBlock();
  if (block->getArgumentTypes() != getInputs().getTypes())
    return emitOpError("C1: expected block arguments of the types (")
           << getInputs().getTypes() << "), got (" << block->getArgumentTypes() << ")";
  auto yield = block->empty() ? YieldOp() : dyn_cast<YieldOp>(block->back());
  if (!yield)
    return emitOpError("C2: expected the region to end with ashlar.yield");
  if (yield.getValues().getTypes() != getResultTypes())
    return emitOpError("C2: expected ashlar.yield to have operands of the types (")
           << getResultTypes() << "), got (" << yield.getValues().getTypes() << ")";
  for (Type type : getInputs().getTypes())
    if (!isa<RankedTensorType>(type) && !type.isIntOrIndexOrFloat())
      return emitOpError("C3: expected inputs that are ranked tensors, integers, floats or indices, got ")
             << type;
  return success();
}

LogicalResult KernelOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  for (Type type : getResultTypes())
    if (!cast<RankedTensorType>(type).hasStaticShape())
      return failure();
  for (Type type : getResultTypes())
    shapes.push_back(getAsIndexOpFoldResult(builder.getContext(), cast<RankedTensorType>(type).getShape()));
  return success();
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

namespace {
/// Drops inputs that the region does not use, and binds the same value only once.
struct RemoveRedundantKernelInputs : OpRewritePattern<KernelOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelOp op, PatternRewriter &rewriter) const override {
    Block *block = op.getBlock();
    llvm::SmallBitVector redundant(block->getNumArguments());
    llvm::SmallDenseMap<Value, BlockArgument> bound;
    for (auto [argument, input] : llvm::zip_equal(block->getArguments(), op.getInputs())) {
      auto [first, isNew] = bound.try_emplace(input, argument);
      if (!isNew)
        rewriter.replaceAllUsesWith(argument, first->second);
      if (argument.use_empty())
        redundant.set(argument.getArgNumber());
    }
    if (redundant.none())
      return rewriter.notifyMatchFailure(op, "every input is used, and none is bound twice");
    rewriter.modifyOpInPlace(op, [&] {
      block->eraseArguments([&](BlockArgument argument) { return redundant.test(argument.getArgNumber()); });
      for (int index = redundant.size() - 1; index >= 0; --index)
        if (redundant.test(index))
          op->eraseOperand(index);
    });
    return success();
  }
};

/// Drops results that nobody uses.
struct RemoveUnusedKernelResults : OpRewritePattern<KernelOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelOp op, PatternRewriter &rewriter) const override {
    if (llvm::none_of(op.getResults(), [](Value result) { return result.use_empty(); }))
      return rewriter.notifyMatchFailure(op, "every result is used");
    SmallVector<Value> kept, yielded;
    for (auto [result, value] : llvm::zip_equal(op.getResults(), op.getYield().getValues()))
      if (!result.use_empty()) {
        kept.push_back(result);
        yielded.push_back(value);
      }
    if (kept.empty())
      return rewriter.notifyMatchFailure(op, "a kernel without used results is dead code");
    rewriter.modifyOpInPlace(op.getYield(), [&] { op.getYield().getValuesMutable().assign(yielded); });
    auto smaller = KernelOp::create(rewriter, op.getLoc(), ValueRange(kept).getTypes(), op.getInputs());
    smaller->setAttrs(op->getAttrDictionary());
    rewriter.eraseBlock(smaller.getBlock());
    rewriter.inlineRegionBefore(op.getBody(), smaller.getBody(), smaller.getBody().end());
    for (auto [old, replacement] : llvm::zip_equal(kept, smaller.getResults()))
      rewriter.replaceAllUsesWith(old, replacement);
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void KernelOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<RemoveRedundantKernelInputs, RemoveUnusedKernelResults>(context);
}

//===----------------------------------------------------------------------===//
// Reference
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>> KernelOp::decompose(OpBuilder &builder) {
  IRMapping mapping;
  mapping.map(getBlock()->getArguments(), getInputs());
  for (Operation &op : getBlock()->without_terminator())
    builder.clone(op, mapping);
  return llvm::map_to_vector(getYield().getValues(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}
