//===-- ModuleDescription.cpp - What a simulator object exports -----------===//
//
// The helper that announces accesses, the entries of the kernels, and the constant that describes the module.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"

using namespace mlir;

namespace ashlar::host {

/// @ashlar_access: calls the simulator when `hooks` is set. Inlined everywhere, with the call out of line.
static void addAccessFunction(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location location = module.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext()), i32 = builder.getI32Type();
  auto type = LLVM::LLVMFunctionType::get(pointer, {pointer, builder.getI1Type(), pointer, i32, i32, i32});
  auto function = LLVM::LLVMFuncOp::create(builder, location, accessName, type, LLVM::Linkage::Internal);
  function.setAlwaysInline(true);
  Block *entry = function.addEntryBlock(builder);
  Block *announce = builder.createBlock(&function.getBody()),
        *done = builder.createBlock(&function.getBody());
  BlockArgument result = done->addArgument(pointer, location);
  Value thread = entry->getArgument(0), hooks = entry->getArgument(1), address = entry->getArgument(2);

  builder.setInsertionPointToEnd(entry);
  LLVM::CondBrOp::create(builder, location, hooks, announce, ValueRange{}, done, ValueRange{address},
                         std::pair<uint32_t, uint32_t>{1, 1000});
  builder.setInsertionPointToEnd(announce);
  Value slot = LLVM::AddressOfOp::create(builder, location, pointer, apiName);
  Value table = LLVM::LoadOp::create(builder, location, pointer, slot);
  slot = LLVM::GEPOp::create(builder, location, pointer, builder.getI8Type(), table,
                             ArrayRef<LLVM::GEPArg>{int32_t(offsetof(AshlarSimulatorApi, access))});
  Value callee = LLVM::LoadOp::create(builder, location, pointer, slot);
  auto calleeType = LLVM::LLVMFunctionType::get(pointer, {pointer, pointer, i32, i32, i32});
  auto call = LLVM::CallOp::create(builder, location, calleeType,
                                   ValueRange{callee, thread, address, entry->getArgument(3),
                                              entry->getArgument(4), entry->getArgument(5)});
  LLVM::BrOp::create(builder, location, call.getResult(), done);
  builder.setInsertionPointToEnd(done);
  LLVM::ReturnOp::create(builder, location, result);
}

/// A global whose value the region computes: `build` gets a builder inside and returns it.
static LLVM::GlobalOp addGlobal(ModuleOp module, Type type, StringRef name, LLVM::Linkage linkage,
                                bool isConstant, function_ref<Value(OpBuilder &)> build) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(builder, module.getLoc(), type, isConstant, linkage, name, Attribute(),
                                       /*alignment=*/8);
  builder.createBlock(&global.getInitializerRegion());
  LLVM::ReturnOp::create(builder, module.getLoc(), build(builder));
  return global;
}

void addRuntimeInterface(ModuleOp module) {
  Type pointer = LLVM::LLVMPointerType::get(module.getContext());
  addGlobal(module, pointer, apiName, LLVM::Linkage::External, /*isConstant=*/false, [&](OpBuilder &builder) {
    return LLVM::ZeroOp::create(builder, module.getLoc(), pointer).getResult();
  });
  addAccessFunction(module);
}

void addKernelEntry(ModuleLowering &lowering, LLVM::LLVMFuncOp body, const KernelEntry &kernel) {
  OpBuilder builder = OpBuilder::atBlockEnd(lowering.module.getBody());
  Location location = body.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), {pointer});
  auto entry = LLVM::LLVMFuncOp::create(builder, location, kernel.name, type);
  builder.setInsertionPointToStart(entry.addEntryBlock(builder));
  Value slot = LLVM::AddressOfOp::create(builder, location, pointer, apiName);
  Value table = LLVM::LoadOp::create(builder, location, pointer, slot);
  slot = LLVM::GEPOp::create(builder, location, pointer, builder.getI8Type(), table,
                             ArrayRef<LLVM::GEPArg>{int32_t(offsetof(AshlarSimulatorApi, currentThread))});
  Value callee = LLVM::LoadOp::create(builder, location, pointer, slot);
  SmallVector<Value> operands = {
      LLVM::CallOp::create(builder, location, LLVM::LLVMFunctionType::get(pointer, {}), callee).getResult()};
  for (auto [index, parameter] : llvm::enumerate(body.getArgumentTypes().drop_front())) {
    Value position = LLVM::GEPOp::create(builder, location, pointer, pointer, entry.getArgument(0),
                                         ArrayRef<LLVM::GEPArg>{int32_t(index)});
    Value address = LLVM::LoadOp::create(builder, location, pointer, position);
    if (kernel.byAddress[index])
      operands.push_back(address);
    else
      operands.push_back(LLVM::LoadOp::create(builder, location, parameter, address, /*alignment=*/1));
  }
  LLVM::CallOp::create(builder, location, body, operands);
  LLVM::ReturnOp::create(builder, location, ValueRange{});
}

namespace {
/// Builds the constants of the description. Structs are written field by field.
struct DescriptionBuilder {
  OpBuilder &builder;
  Location location;

  Value word(uint32_t value) {
    return LLVM::ConstantOp::create(builder, location, builder.getI32Type(),
                                    builder.getI32IntegerAttr(int32_t(value)));
  }
  Value wide(uint64_t value) {
    return LLVM::ConstantOp::create(builder, location, builder.getI64Type(),
                                    builder.getI64IntegerAttr(int64_t(value)));
  }
  Value address(StringRef symbol) {
    return LLVM::AddressOfOp::create(builder, location, LLVM::LLVMPointerType::get(builder.getContext()),
                                     symbol);
  }
  Value aggregate(Type type, ArrayRef<Value> fields) {
    Value result = LLVM::UndefOp::create(builder, location, type);
    for (auto [i, field] : llvm::enumerate(fields))
      result = LLVM::InsertValueOp::create(builder, location, result, field, int64_t(i));
    return result;
  }
};
} // namespace

void addWords(ModuleOp module, StringRef name, std::vector<uint32_t> words) {
  if (words.empty())
    words.push_back(0);
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI32Type(), words.size());
  auto tensor = RankedTensorType::get({int64_t(words.size())}, builder.getI32Type());
  LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                         DenseElementsAttr::get(tensor, ArrayRef<uint32_t>(words)), /*alignment=*/4);
}

static void addString(ModuleOp module, StringRef name, StringRef text) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  std::string terminated = text.str() + '\0';
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), terminated.size());
  LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                         builder.getStringAttr(terminated));
}

static void addKernelTable(ModuleLowering &lowering, StringRef table) {
  MLIRContext *context = lowering.module.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context), i32 = IntegerType::get(context, 32);
  auto sizes = LLVM::LLVMArrayType::get(i32, 3);
  auto entry = LLVM::LLVMStructType::getLiteral(context, {pointer, pointer, i32, sizes, sizes, i32});
  auto type = LLVM::LLVMArrayType::get(entry, lowering.kernels.size());
  for (const KernelEntry &kernel : lowering.kernels)
    addString(lowering.module, "ashlar.name." + kernel.name, kernel.name);
  addGlobal(lowering.module, type, table, LLVM::Linkage::Internal, true, [&](OpBuilder &builder) {
    DescriptionBuilder description{builder, lowering.module.getLoc()};
    auto words = [&](const std::array<uint32_t, 3> &size) {
      return description.aggregate(
          sizes, {description.word(size[0]), description.word(size[1]), description.word(size[2])});
    };
    SmallVector<Value> entries;
    for (const KernelEntry &kernel : lowering.kernels)
      entries.push_back(description.aggregate(
          entry, {description.address("ashlar.name." + kernel.name), description.address(kernel.name),
                  description.word(kernel.parameterCount), words(kernel.requiredThreads),
                  words(kernel.clusterBlocks), description.word(kernel.registers)}));
    return description.aggregate(type, entries);
  });
}

static void addVariableTable(ModuleLowering &lowering, StringRef table) {
  MLIRContext *context = lowering.module.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context), i64 = IntegerType::get(context, 64);
  auto entry = LLVM::LLVMStructType::getLiteral(context, {pointer, i64, i64});
  auto type = LLVM::LLVMArrayType::get(entry, lowering.variables.size());
  addGlobal(lowering.module, type, table, LLVM::Linkage::Internal, true, [&](OpBuilder &builder) {
    DescriptionBuilder description{builder, lowering.module.getLoc()};
    SmallVector<Value> entries;
    for (const ModuleLowering::Variable &variable : lowering.variables)
      entries.push_back(
          description.aggregate(entry, {description.address(variable.name), description.wide(variable.bytes),
                                        description.wide(variable.isConstant)}));
    return description.aggregate(type, entries);
  });
}

void addModuleDescription(ModuleLowering &lowering) {
  std::vector<uint32_t> sites;
  for (const AshlarSimulatorSite &site : lowering.sites.sites())
    sites.insert(sites.end(), {site.location, site.operation});
  addWords(lowering.module, "ashlar_sites", sites);
  addString(lowering.module, "ashlar_strings", lowering.sites.strings());
  addKernelTable(lowering, "ashlar_kernels");
  addVariableTable(lowering, "ashlar_variables");

  MLIRContext *context = lowering.module.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context), i32 = IntegerType::get(context, 32);
  auto type =
      LLVM::LLVMStructType::getLiteral(context, {i32, i32, i32, i32, pointer, pointer, pointer, pointer});
  addGlobal(lowering.module, type, moduleName, LLVM::Linkage::External, true, [&](OpBuilder &builder) {
    DescriptionBuilder description{builder, lowering.module.getLoc()};
    return description.aggregate(
        type,
        {description.word(ASHLAR_SIMULATOR_ABI_VERSION), description.word(uint32_t(lowering.kernels.size())),
         description.word(uint32_t(lowering.sites.sites().size())),
         description.word(uint32_t(lowering.variables.size())), description.address("ashlar_kernels"),
         description.address("ashlar_sites"), description.address("ashlar_strings"),
         description.address("ashlar_variables")});
  });
}

} // namespace ashlar::host
