//===-- LowerResultsToArguments.cpp - Memory for a function's results ------===//
//
// Rewrites functions on tensors as functions on memory that their caller owns, before anything is bufferised:
// then bufferisation computes the results where they belong.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;

namespace ashlar {
#define GEN_PASS_DEF_LOWERRESULTSTOARGUMENTSPASS
#include "ashlar/Reference/Passes.h.inc"
} // namespace ashlar

static MemRefType memoryFor(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

static LogicalResult checkSignature(func::FuncOp function) {
  for (Type type : function.getArgumentTypes())
    if (!isa<RankedTensorType>(type) && !type.isIntOrIndexOrFloat())
      return function.emitOpError("has an argument of type ")
             << type << "; the reference takes ranked tensors, "
             << "integers, floats and indices";
  for (Type type : function.getResultTypes())
    if (!isa<RankedTensorType>(type))
      return function.emitOpError("has a result of type ")
             << type << "; the reference returns ranked tensors only: make it a tensor of rank 0";
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError("has more than one block; write its control flow with scf");
  WalkResult calls = function.walk([](CallOpInterface call) {
    call->emitOpError("could not be inlined; the reference takes functions that do not call each other");
    return WalkResult::interrupt();
  });
  return failure(calls.wasInterrupted());
}

static void bindArguments(func::FuncOp function) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  for (BlockArgument argument : function.getArguments()) {
    Type type = argument.getType();
    if (!isa<RankedTensorType>(type))
      continue;
    argument.setType(memoryFor(type));
    auto tensor =
        bufferization::ToTensorOp::create(builder, argument.getLoc(), type, argument, /*restrict=*/true);
    argument.replaceAllUsesExcept(tensor, tensor);
  }
}

static void bindResults(func::FuncOp function) {
  Block &block = function.getBody().front();
  auto terminator = cast<func::ReturnOp>(block.getTerminator());
  OpBuilder builder(terminator);
  for (Value result : terminator.getOperands()) {
    BlockArgument memory = block.addArgument(memoryFor(result.getType()), result.getLoc());
    bufferization::MaterializeInDestinationOp::create(builder, terminator.getLoc(), TypeRange(), result,
                                                      memory,
                                                      /*restrict=*/true, /*writable=*/true);
  }
  terminator->setOperands({});
}

namespace {
struct LowerResultsToArguments : ashlar::impl::LowerResultsToArgumentsPassBase<LowerResultsToArguments> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (failed(checkSignature(function)))
        return signalPassFailure();
      bindArguments(function);
      bindResults(function);
      function.setType(FunctionType::get(&getContext(), function.getBody().front().getArgumentTypes(), {}));
      function.removeResAttrsAttr();
      function.removeArgAttrsAttr();
    }
  }
};
} // namespace
