//===-- DeclineSchedules.cpp - the next schedule where one cannot be built --===//
//
// The cost model knows what fits; whether a kernel can be built as well is seen by building it. Each kernel
// with alternatives goes through the pipelines alone, with its schedules in their order, until one passes.
//
//===-----------------------------------------------------------------------===//
#include "DeclineSchedules.h"
#include "ashlar/Pipelines/Pipelines.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace ashlar;

static constexpr StringLiteral alternativesName = "alternatives";

/// A module whose one function runs the kernel on its arguments.
static OwningOpRef<ModuleOp> isolate(ash::KernelOp kernel) {
  OpBuilder builder(kernel.getContext());
  Location loc = kernel.getLoc();
  OwningOpRef<ModuleOp> module(ModuleOp::create(builder, loc));
  builder.setInsertionPointToEnd(module->getBody());
  auto type = builder.getFunctionType(kernel->getOperandTypes(), kernel->getResultTypes());
  auto function = func::FuncOp::create(builder, loc, "trial", type);
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  for (auto [operand, argument] : llvm::zip(kernel->getOperands(), body->getArguments()))
    mapping.map(operand, argument);
  Operation *clone = builder.clone(*kernel, mapping);
  clone->removeAttr(alternativesName);
  func::ReturnOp::create(builder, loc, clone->getResults());
  return module;
}

/// What the pipelines say against the kernel as it is scheduled; nothing if they build it.
static std::optional<std::string> whyNotBuilt(ash::KernelOp kernel, const TargetInfo &target) {
  OwningOpRef<ModuleOp> module = isolate(kernel);
  std::string reason;
  ScopedDiagnosticHandler handler(kernel.getContext(), [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && reason.empty())
      reason = diagnostic.str();
    return success();
  });
  PassManager passes(kernel.getContext());
  buildTensorToTilePipeline(passes);
  buildTilePipeline(passes, target);
  buildTileToGPUPipeline(passes);
  if (succeeded(passes.run(*module)))
    return std::nullopt;
  return reason.empty() ? "the pipelines fail" : reason;
}

static void decline(ash::KernelOp kernel, const TargetInfo &target) {
  auto alternatives = kernel->getAttrOfType<ArrayAttr>(alternativesName);
  kernel->removeAttr(alternativesName);
  Attribute first = kernel.getScheduleAttr();
  for (Attribute next : alternatives) {
    std::optional<std::string> reason = whyNotBuilt(kernel, target);
    if (!reason)
      return;
    kernel.emitRemark("declines the schedule ") << kernel.getScheduleAttr() << ": " << *reason;
    kernel.setScheduleAttr(next);
  }
  // If the last cannot be built either, the errors that are shown are those of the best.
  if (whyNotBuilt(kernel, target))
    kernel.setScheduleAttr(first);
}

void ashlar::declineSchedules(ModuleOp module, const TargetInfo &target) {
  module.walk([&](ash::KernelOp kernel) {
    if (kernel->getAttrOfType<ArrayAttr>(alternativesName))
      decline(kernel, target);
  });
}
