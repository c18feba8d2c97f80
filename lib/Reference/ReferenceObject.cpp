//===-- ReferenceObject.cpp - The oracle as host code ---------------------===//
//
// Lowers a copy of the module and gives each function the entry that packages call.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/ReferenceObject.h"
#include "ashlar/Target/HostSharedObject.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace ashlar;

namespace {
/// A function to export: its name, and the type of each argument, or null where a descriptor is passed.
struct Entry {
  std::string name;
  SmallVector<Type> scalarTypes;
};
} // namespace

/// What a function is called while it is lowered; the name it is exported under belongs to its entry.
static std::string innerName(StringRef name) { return ("reference." + name).str(); }

/// Code generation calls libm and libc by name, so an entry of such a name would be called instead.
static LogicalResult checkName(func::FuncOp function) {
  llvm::TargetLibraryInfoImpl library(llvm::Triple("x86_64-unknown-linux-gnu"));
  llvm::LibFunc found;
  if (library.getLibFunc(function.getName(), found))
    return function.emitOpError("has the name of a function of the C library; give it another one");
  return success();
}

/// Renames the functions to export and lists them.
static FailureOr<SmallVector<Entry>> prepareEntries(ModuleOp module) {
  SmallVector<Entry> entries;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || function.isPrivate())
      continue;
    if (failed(checkName(function)))
      return failure();
    Entry &entry = entries.emplace_back(Entry{function.getName().str(), {}});
    for (Type type : function.getArgumentTypes())
      entry.scalarTypes.push_back(isa<RankedTensorType>(type) ? Type() : type);
    entry.scalarTypes.append(function.getNumResults(), Type());
    auto renamed = StringAttr::get(module.getContext(), innerName(entry.name));
    if (failed(SymbolTable::replaceAllSymbolUses(function, renamed, module)))
      return function.emitOpError("is used in a way that hides its symbol");
    function.setSymNameAttr(renamed);
  }
  return entries;
}

/// void name(const void *const *arguments) { lowered(arguments[0], arguments[1], ...); }
static LogicalResult addEntry(ModuleOp module, const Entry &entry) {
  auto lowered = module.lookupSymbol<LLVM::LLVMFuncOp>("_mlir_ciface_" + innerName(entry.name));
  if (!lowered || lowered.getNumArguments() != entry.scalarTypes.size())
    return module.emitError("the reference of @")
           << entry.name << " was not lowered to a function on descriptors";

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
      argument = LLVM::LoadOp::create(builder, loc, lowered.getArgumentTypes()[index], argument);
    arguments.push_back(argument);
  }
  LLVM::CallOp::create(builder, loc, lowered, arguments);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return success();
}

FailureOr<HostProgram> ashlar::lowerReference(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  FailureOr<SmallVector<Entry>> entries = prepareEntries(*copy);
  if (failed(entries))
    return failure();
  PassManager passes(module.getContext());
  buildReferencePipeline(passes);
  if (failed(passes.run(*copy)))
    return failure();
  HostSharedObjectOptions options;
  options.name = "ashlar_reference";
  for (const Entry &entry : *entries) {
    if (failed(addEntry(*copy, entry)))
      return failure();
    options.exportedNames.push_back(entry.name);
  }
  return HostProgram{std::move(copy), std::move(options)};
}

FailureOr<std::vector<char>> ashlar::emitReferenceObject(ModuleOp module) {
  FailureOr<HostProgram> program = lowerReference(module);
  if (failed(program))
    return failure();
  return emitHostSharedObject(*program->module, program->options);
}
