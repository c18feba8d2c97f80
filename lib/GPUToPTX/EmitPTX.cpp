//===-- EmitPTX.cpp - PTX and its assembly as attributes or text ----------===//
//
// The pass around emitPTX and assemble, for pipelines and tests.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/Assembler.h"
#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/GPUToPTX/Passes.h"

#include "llvm/Support/FormatVariadic.h"

namespace ashlar {
#define GEN_PASS_DEF_EMITPTXPASS
#include "ashlar/GPUToPTX/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

static DictionaryAttr describe(Builder builder, const AssemblyReport &report) {
  SmallVector<NamedAttribute> entries;
  for (const KernelResources &kernel : report.kernels) {
    auto entry = [&](StringRef name, unsigned value) {
      return builder.getNamedAttr(name, builder.getI32IntegerAttr(value));
    };
    entries.push_back(builder.getNamedAttr(
        kernel.name, builder.getDictionaryAttr(
                         {entry("registers", kernel.registers), entry("stack_bytes", kernel.stackBytes),
                          entry("spill_store_bytes", kernel.spillStoreBytes),
                          entry("spill_load_bytes", kernel.spillLoadBytes),
                          entry("shared_bytes", kernel.sharedBytes), entry("barriers", kernel.barriers)})));
  }
  SmallVector<StringRef> notes(report.notes.begin(), report.notes.end());
  entries.push_back(builder.getNamedAttr("notes", builder.getStrArrayAttr(notes)));
  return builder.getDictionaryAttr(entries);
}

static void printReport(llvm::raw_ostream &stream, const AssemblyReport &report) {
  for (const KernelResources &kernel : report.kernels)
    stream << llvm::formatv(
        "// {0}: {1} registers, {2} bytes stack, {3} bytes spill stores, {4} bytes spill loads, "
        "{5} bytes shared, {6} barriers\n",
        kernel.name, kernel.registers, kernel.stackBytes, kernel.spillStoreBytes, kernel.spillLoadBytes,
        kernel.sharedBytes, kernel.barriers);
  for (const std::string &note : report.notes)
    stream << "// " << note << '\n';
}

namespace {
struct EmitPTXPass : ashlar::impl::EmitPTXPassBase<EmitPTXPass> {
  using EmitPTXPassBase::EmitPTXPassBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    EmitPTXPassBase::getDependentDialects(registry);
    registerPTXEmission(registry);
  }

  void runOnOperation() override {
    gpu::GPUModuleOp gpuModule = getOperation();
    std::string error;
    const TargetInfo *info = lookupTarget(target, &error);
    if (!info) {
      gpuModule.emitOpError() << "cannot be compiled: " << error;
      return signalPassFailure();
    }
    FailureOr<std::string> ptx = emitPTX(gpuModule, *info);
    if (failed(ptx))
      return signalPassFailure();
    std::optional<AssemblyReport> report;
    if (runAssembler && findAssembler()) {
      FailureOr<AssemblyReport> assembled = assemble(*ptx, *info, gpuModule.getLoc());
      if (failed(assembled))
        return signalPassFailure();
      report = std::move(*assembled);
    }
    publish(*ptx, report);
  }

  void publish(const std::string &ptx, const std::optional<AssemblyReport> &report) {
    if (print) {
      llvm::outs() << ptx;
      if (report)
        printReport(llvm::outs(), *report);
      llvm::outs().flush();
      return;
    }
    Builder builder(&getContext());
    getOperation()->setAttr(ptxAttrName, builder.getStringAttr(ptx));
    if (report)
      getOperation()->setAttr(assemblyAttrName, describe(builder, *report));
  }
};
} // namespace
