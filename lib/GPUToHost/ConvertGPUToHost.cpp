//===-- ConvertGPUToHost.cpp - From the LLVM-level kernel module to host code ---===//
//
// Moves the functions of every kernel module into the host module, replaces their operations one by one and
// describes the result. Passes.td shows an example.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "MatrixLists.h"
#include "ashlar/GPUToHost/GPUToHost.h"
#include "ashlar/GPUToHost/Passes.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/AttrTypeSubElements.h"

namespace ashlar {
#define GEN_PASS_DEF_CONVERTGPUTOHOSTPASS
#include "ashlar/GPUToHost/Passes.h.inc"
} // namespace ashlar

using namespace mlir;

namespace ashlar::host {

void removeAddressSpaces(ModuleOp module) {
  AttrTypeReplacer replacer;
  replacer.addReplacement([](LLVM::LLVMPointerType type) -> std::optional<Type> {
    if (type.getAddressSpace() == genericSpace)
      return std::nullopt;
    return LLVM::LLVMPointerType::get(type.getContext());
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true, /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
  module.walk([](LLVM::AddrSpaceCastOp cast) {
    cast.replaceAllUsesWith(cast.getArg());
    cast.erase();
  });
}

static bool isKernel(LLVM::LLVMFuncOp function) {
  return function->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()) ||
         function->hasAttr(gpu::GPUDialect::getKernelFuncAttrName());
}

/// The same body with the thread as first parameter, under a name that no kernel has.
static LLVM::LLVMFuncOp createThreadFunction(ModuleLowering &lowering, LLVM::LLVMFuncOp source,
                                             StringRef name) {
  OpBuilder builder = OpBuilder::atBlockEnd(lowering.module.getBody());
  SmallVector<Type> parameters = {LLVM::LLVMPointerType::get(builder.getContext())};
  llvm::append_range(parameters, source.getArgumentTypes());
  auto type = LLVM::LLVMFunctionType::get(source.getFunctionType().getReturnType(), parameters);
  auto function = LLVM::LLVMFuncOp::create(builder, source.getLoc(), name, type, LLVM::Linkage::Internal);
  for (unsigned i = 0; i < source.getNumArguments(); ++i)
    if (Attribute noAlias = source.getArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName()))
      function.setArgAttr(i + 1, LLVM::LLVMDialect::getNoAliasAttrName(), noAlias);
  function.getBody().takeBody(source.getBody());
  function.getBody().insertArgument(0u, parameters.front(), source.getLoc());
  return function;
}

/// Sizes along three dimensions; those that are not listed are 1, and all are 0 without the attribute.
static std::array<uint32_t, 3> sizesOf(LLVM::LLVMFuncOp kernel, StringRef attribute) {
  auto listed = kernel->getAttrOfType<DenseI32ArrayAttr>(attribute);
  if (!listed)
    return {0, 0, 0};
  std::array<uint32_t, 3> sizes = {1, 1, 1};
  for (auto [i, size] : llvm::enumerate(listed.asArrayRef().take_front(3)))
    sizes[i] = uint32_t(size);
  return sizes;
}

/// The registers that a thread starts with, as the assembler gives them: what the kernel says, or the
/// multiprocessor's shared out among the threads of the blocks it is to run, in steps of 8. 0 where neither
/// is said; then the assembler ignores setmaxnreg as well.
static uint32_t startRegisters(LLVM::LLVMFuncOp kernel) {
  constexpr uint32_t multiprocessorRegisters = 65536, most = 256, step = 8;
  if (auto count = kernel->getAttrOfType<IntegerAttr>(NVVM::NVVMDialect::getMaxnregAttrName()))
    return uint32_t(count.getInt());
  std::array<uint32_t, 3> threads = sizesOf(kernel, NVVM::NVVMDialect::getReqntidAttrName());
  if (!threads[0])
    threads = sizesOf(kernel, NVVM::NVVMDialect::getMaxntidAttrName());
  auto blocks = kernel->getAttrOfType<IntegerAttr>(NVVM::NVVMDialect::getMinctasmAttrName());
  uint64_t shares = uint64_t(threads[0]) * threads[1] * threads[2] * (blocks ? uint64_t(blocks.getInt()) : 0);
  return shares ? std::min<uint32_t>(uint32_t(multiprocessorRegisters / shares) / step * step, most) : 0;
}

static KernelEntry describeKernel(LLVM::LLVMFuncOp kernel) {
  KernelEntry entry{kernel.getName().str(),
                    kernel.getNumArguments(),
                    sizesOf(kernel, NVVM::NVVMDialect::getReqntidAttrName()),
                    sizesOf(kernel, NVVM::NVVMDialect::getClusterDimAttrName()),
                    startRegisters(kernel),
                    {}};
  for (unsigned i = 0; i < kernel.getNumArguments(); ++i)
    entry.byAddress.push_back(bool(kernel.getArgAttr(i, LLVM::LLVMDialect::getByValAttrName())));
  return entry;
}

/// Variables in global, constant or generic memory move along; the dynamic shared memory is a field of the
/// thread.
static LogicalResult moveVariable(ModuleLowering &lowering, LLVM::GlobalOp variable) {
  if (variable.getAddrSpace() == sharedSpace) {
    auto array = dyn_cast<LLVM::LLVMArrayType>(variable.getGlobalType());
    if (!array || array.getNumElements() != 0)
      return variable.emitOpError(
          "is static shared memory, which has no form for the simulator; kernels use the "
          "dynamic one, an array without elements");
    return success();
  }
  if (lowering.module.lookupSymbol(variable.getSymName()))
    return variable.emitOpError("has the name of another symbol of the host module; rename it");
  lowering.variables.push_back(
      {variable.getSymName().str(), storageBytes(variable.getGlobalType()), variable.getConstant()});
  variable->moveBefore(lowering.module.getBody(), lowering.module.getBody()->end());
  variable.setAddrSpace(0);
  variable.setLinkage(LLVM::Linkage::Internal);
  return success();
}

static void lowerSharedAddress(FunctionLowering &lowering, LLVM::AddressOfOp address) {
  auto type = cast<LLVM::LLVMPointerType>(address.getType());
  if (type.getAddressSpace() != sharedSpace)
    return;
  lowering.startAt(address);
  address.replaceAllUsesWith(lowering.threadField(offsetof(AshlarSimulatorThread, shared), type));
  address.erase();
}

/// Calls of functions of the kernel module hand the thread on.
static void lowerCall(FunctionLowering &lowering, LLVM::CallOp call,
                      const llvm::StringMap<std::string> &renamed) {
  auto callee = call.getCallee();
  auto target = callee ? renamed.find(*callee) : renamed.end();
  if (target == renamed.end())
    return;
  lowering.startAt(call);
  SmallVector<Value> operands = {lowering.thread};
  llvm::append_range(operands, call.getArgOperands());
  auto fresh = LLVM::CallOp::create(lowering.builder, lowering.location, call.getResultTypes(),
                                    target->second, operands);
  call.replaceAllUsesWith(fresh.getResults());
  call.erase();
}

/// Replaces one operation, which may be erased by that.
static LogicalResult lowerOperation(FunctionLowering &lowering, Operation *op,
                                    const llvm::StringMap<std::string> &renamed) {
  if (auto address = dyn_cast<LLVM::AddressOfOp>(op)) {
    lowerSharedAddress(lowering, address);
    return success();
  }
  if (auto call = dyn_cast<LLVM::CallOp>(op)) {
    lowerCall(lowering, call, renamed);
    return success();
  }
  bool isMemory =
      isa<LLVM::LLVMDialect>(op->getDialect()) && !isa<LLVM::InlineAsmOp, LLVM::CallIntrinsicOp>(op);
  return isMemory ? lowerMemoryAccess(lowering, op) : lowerInstruction(lowering, op);
}

static LogicalResult lowerFunction(ModuleLowering &module, LLVM::LLVMFuncOp function,
                                   const llvm::StringMap<std::string> &renamed) {
  FunctionLowering lowering(module, function);
  if (failed(lowerMatrixInstructions(lowering)))
    return failure();
  SmallVector<Operation *> operations;
  function.walk([&](Operation *op) {
    if (op != function && !lowering.isOwn(op))
      operations.push_back(op);
  });
  LogicalResult result = success();
  for (Operation *op : operations)
    if (failed(lowerOperation(lowering, op, renamed)))
      result = failure();
  return result;
}

static LogicalResult lowerKernelModule(ModuleLowering &lowering, gpu::GPUModuleOp kernels) {
  LogicalResult result = success();
  for (auto variable : llvm::make_early_inc_range(kernels.getOps<LLVM::GlobalOp>()))
    if (failed(moveVariable(lowering, variable)))
      result = failure();
  llvm::StringMap<std::string> renamed;
  SmallVector<LLVM::LLVMFuncOp> functions;
  for (auto source : kernels.getOps<LLVM::LLVMFuncOp>()) {
    if (source.isExternal())
      continue;
    std::string name = source.getName().str() + ".thread";
    if (lowering.module.lookupSymbol(name) ||
        (isKernel(source) && lowering.module.lookupSymbol(source.getName())))
      return source.emitOpError("has the name of another function of the host module; rename it");
    renamed[source.getName()] = name;
    KernelEntry entry = describeKernel(source);
    LLVM::LLVMFuncOp function = createThreadFunction(lowering, source, name);
    functions.push_back(function);
    if (isKernel(source)) {
      addKernelEntry(lowering, function, entry);
      lowering.kernels.push_back(std::move(entry));
    }
  }
  for (LLVM::LLVMFuncOp function : functions)
    if (failed(lowerFunction(lowering, function, renamed)))
      result = failure();
  return result;
}

} // namespace ashlar::host

namespace ashlar {

LogicalResult convertGPUToHost(ModuleOp module) {
  SmallVector<gpu::GPUModuleOp> kernelModules = llvm::to_vector(module.getOps<gpu::GPUModuleOp>());
  if (kernelModules.empty())
    return success();
  host::ModuleLowering lowering{module, {}, {}, {}, 0};
  host::addRuntimeInterface(module);
  for (gpu::GPUModuleOp kernels : kernelModules)
    if (failed(host::lowerKernelModule(lowering, kernels)))
      return failure();
  for (gpu::GPUModuleOp kernels : kernelModules)
    kernels.erase();
  host::addModuleDescription(lowering);
  host::removeAddressSpaces(module);
  return success();
}

namespace {
struct ConvertGPUToHostPass : impl::ConvertGPUToHostPassBase<ConvertGPUToHostPass> {
  void runOnOperation() override {
    if (failed(convertGPUToHost(getOperation())))
      signalPassFailure();
  }
};
} // namespace

FailureOr<HostProgram> lowerSimulatorKernels(ArrayRef<gpu::GPUModuleOp> kernels) {
  if (kernels.empty())
    return failure();
  Location location = kernels.front()->getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  module->getContext()->getOrLoadDialect<LLVM::LLVMDialect>();
  for (gpu::GPUModuleOp source : kernels) {
    auto copy = cast<gpu::GPUModuleOp>(source->clone());
    // Names of kernel modules mean nothing to a device.
    copy.setSymName(("kernels" + Twine(std::distance(module->begin(), module->end()))).str());
    module->push_back(copy);
  }
  if (failed(convertGPUToHost(*module)))
    return failure();
  HostSharedObjectOptions options;
  options.name = "ashlar_simulator_kernels";
  options.exportedNames = {host::apiName.str(), host::moduleName.str()};
  for (auto function : module->getOps<LLVM::LLVMFuncOp>())
    if (function.getLinkage() == LLVM::Linkage::External && !function.isExternal())
      options.exportedNames.push_back(function.getName().str());
  return HostProgram{std::move(module), std::move(options)};
}

FailureOr<std::vector<char>> emitSimulatorObject(ArrayRef<gpu::GPUModuleOp> kernels) {
  FailureOr<HostProgram> program = lowerSimulatorKernels(kernels);
  if (failed(program))
    return failure();
  return emitHostSharedObject(*program->module, program->options);
}

} // namespace ashlar
