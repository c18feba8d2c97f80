//===-- ReferenceObject.cpp - The oracle as host code ---------------------===//
//
// Lowers a copy of the module and gives each function the entry that packages call.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/ReferenceObject.h"
#include "ashlar/Target/HostSharedObject.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace {
/// A function to export: its name, and the type of each argument, or null where a descriptor is passed.
struct Entry {
  std::string name;
  SmallVector<Type> scalarTypes;
};
} // namespace

static SmallVector<Entry> listEntries(ModuleOp module) {
  SmallVector<Entry> entries;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || function.isPrivate())
      continue;
    Entry &entry = entries.emplace_back(Entry{function.getName().str(), {}});
    for (Type type : function.getArgumentTypes())
      entry.scalarTypes.push_back(isa<RankedTensorType>(type) ? Type() : type);
    entry.scalarTypes.append(function.getNumResults(), Type());
  }
  return entries;
}

/// void name(const void *const *arguments) { _mlir_ciface_name(arguments[0], arguments[1], ...); }
/// The lowered function keeps its symbol under another name, which stays inside the object.
static LogicalResult addEntry(ModuleOp module, const Entry &entry) {
  auto lowered = module.lookupSymbol<LLVM::LLVMFuncOp>(entry.name);
  auto wrapper = module.lookupSymbol<LLVM::LLVMFuncOp>("_mlir_ciface_" + entry.name);
  if (!lowered || !wrapper || wrapper.getNumArguments() != entry.scalarTypes.size())
    return module.emitError("the reference of @")
           << entry.name << " was not lowered to a function on descriptors";
  std::string inner = "reference." + entry.name;
  if (failed(SymbolTable::replaceAllSymbolUses(lowered, StringAttr::get(module.getContext(), inner), module)))
    return lowered.emitError("is used in a way that hides its symbol");
  lowered.setSymName(inner);

  Location loc = lowered.getLoc();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), {pointer});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, entry.name, type);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> arguments;
  for (auto [index, scalarType] : llvm::enumerate(entry.scalarTypes)) {
    Value place = LLVM::GEPOp::create(builder, loc, pointer, pointer, block->getArgument(0),
                                      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    Value argument = LLVM::LoadOp::create(builder, loc, pointer, place);
    if (scalarType)
      argument = LLVM::LoadOp::create(builder, loc, wrapper.getArgumentTypes()[index], argument);
    arguments.push_back(argument);
  }
  LLVM::CallOp::create(builder, loc, wrapper, arguments);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return success();
}

FailureOr<std::vector<char>> ashlar::emitReferenceObject(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  SmallVector<Entry> entries = listEntries(*copy);
  PassManager passes(module.getContext());
  buildReferencePipeline(passes);
  if (failed(passes.run(*copy)))
    return failure();
  HostSharedObjectOptions options;
  options.name = "ashlar_reference";
  for (const Entry &entry : entries) {
    if (failed(addEntry(*copy, entry)))
      return failure();
    options.exportedNames.push_back(entry.name);
  }
  return emitHostSharedObject(*copy, options);
}
