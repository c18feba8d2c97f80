//===-- HostLowering.h - Building host code for one kernel module ---------===//
//
// Private to the library. `ModuleLowering` holds what is common to the functions of a module: the table of
// reported operations and the helper functions. `FunctionLowering` is the context in which one function's
// operations are replaced.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPUTOHOST_HOSTLOWERING_H
#define ASHLAR_LIB_GPUTOHOST_HOSTLOWERING_H

#include "ashlar/Simulator/SimulatorABI.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace ashlar::host {

inline constexpr llvm::StringLiteral apiName = "ashlar_simulator_api", moduleName = "ashlar_simulator_module",
                                     accessName = "ashlar_access";

/// The address spaces of NVVM.
inline constexpr unsigned genericSpace = 0, globalSpace = 1, sharedSpace = 3, constantSpace = 4,
                          localSpace = 5, clusterSpace = 7;

/// The operations that reports may name, as the tables of an AshlarSimulatorModule.
class SiteTable {
public:
  /// The index for this operation. Operations of one name at one location share it.
  uint32_t add(mlir::Operation *op);
  llvm::ArrayRef<AshlarSimulatorSite> sites() const { return entries; }
  llvm::StringRef strings() const { return text; }

private:
  uint32_t addString(llvm::StringRef string);
  std::vector<AshlarSimulatorSite> entries;
  std::string text;
  llvm::StringMap<uint32_t> offsets;
};

struct KernelEntry {
  std::string name;
  uint32_t parameterCount;
  std::array<uint32_t, 3> requiredThreads, clusterBlocks;
  uint32_t registers;
  /// Parameters that are handed over by the address of their value: tensor maps.
  llvm::SmallVector<bool> byAddress;
};

/// What one host module collects from its kernel modules.
struct ModuleLowering {
  mlir::ModuleOp module;
  SiteTable sites;
  std::vector<KernelEntry> kernels;
  /// Variables that kernels may address: name, size, constness.
  struct Variable {
    std::string name;
    uint64_t bytes;
    bool isConstant;
  };
  std::vector<Variable> variables;
  /// Lists of matrix instructions so far, which gives them names.
  unsigned listCount = 0;
};

/// Where an operation's replacement goes, and the values every function has at hand.
class FunctionLowering {
public:
  /// `thread` is the function's first parameter. Emits the loads at the start of the function.
  FunctionLowering(ModuleLowering &module, mlir::LLVM::LLVMFuncOp function);

  /// Replacements are inserted before this operation, with its location.
  void startAt(mlir::Operation *op) {
    builder.setInsertionPoint(op);
    location = op->getLoc();
  }

  mlir::Value constant(uint32_t value);
  mlir::Value site(mlir::Operation *op) { return constant(module.sites.add(op)); }
  /// Calls the function at byte `slot` of AshlarSimulatorApi; null where it returns nothing.
  mlir::Value callApi(size_t slot, mlir::Type result, mlir::ValueRange arguments);
  /// A field of AshlarSimulatorThread at this byte.
  mlir::Value threadField(size_t offset, mlir::Type type);
  /// The address that the access may use, after it has been announced.
  mlir::Value announce(mlir::Value address, uint64_t bytes, uint32_t flags, mlir::Operation *op);
  /// `count` words on the stack, allocated once in the function.
  mlir::Value registers(uint32_t count);
  mlir::Value byteOffset(mlir::Value pointer, uint64_t offset);
  /// The same address in the generic space.
  mlir::Value generic(mlir::Value address);
  /// Reads `count` words from the stack as values of these types, a struct if there are several or the type
  /// says so.
  mlir::Value loadRegisters(mlir::Value area, uint32_t first, mlir::Type type);

  /// Whether the lowering made this operation.
  bool isOwn(mlir::Operation *op) const { return own.operations.contains(op); }

  ModuleLowering &module;
  mlir::LLVM::LLVMFuncOp function;

private:
  struct OwnOperations : mlir::OpBuilder::Listener {
    llvm::DenseSet<mlir::Operation *> operations;
    void notifyOperationInserted(mlir::Operation *op, mlir::OpBuilder::InsertPoint) override {
      operations.insert(op);
    }
  };
  OwnOperations own;

public:
  mlir::OpBuilder builder;
  mlir::Location location;
  mlir::Value thread, api, hooks;
  mlir::Type i32, i64, f32, pointer;

private:
  mlir::Value registerArea;
  uint32_t registerCount = 0;
};

/// Replaces one `nvvm` or `ptx` operation; false with a diagnostic when it has no host form. Operations of
/// other dialects are left alone (success).
mlir::LogicalResult lowerInstruction(FunctionLowering &lowering, mlir::Operation *op);

/// What replaces one operation: puts new operations in front of it and replaces or erases it.
using InstructionRule = mlir::LogicalResult (*)(FunctionLowering &lowering, mlir::Operation *op);
/// The rules of the operations in which threads work together, by name.
void addCollectiveRules(llvm::StringMap<InstructionRule> &rules);
/// The rules of the products of warp groups.
void addWgmmaRules(llvm::StringMap<InstructionRule> &rules);
/// The rules of the operations on one thread's registers.
void addRegisterRules(llvm::StringMap<InstructionRule> &rules);
/// The rules of what sm_90 added.
void addHopperRules(llvm::StringMap<InstructionRule> &rules);

/// Announces a load, store or atomic, and gives meaning to conversions between pointers and integers. Refuses
/// memory intrinsics on device memory.
mlir::LogicalResult lowerMemoryAccess(FunctionLowering &lowering, mlir::Operation *op);

/// Bytes that a value takes in memory.
uint64_t storageBytes(mlir::Type type);

/// Adds `@ashlar_access` and `@ashlar_simulator_api`.
void addRuntimeInterface(mlir::ModuleOp module);
/// Adds `@ashlar_simulator_module` and what it points to.
void addModuleDescription(ModuleLowering &lowering);
/// The exported function of the kernel's name that fetches thread and arguments and calls `body`.
void addKernelEntry(ModuleLowering &lowering, mlir::LLVM::LLVMFuncOp body, const KernelEntry &kernel);
/// A constant array of 32-bit words (of one zero where there are none).
void addWords(mlir::ModuleOp module, llvm::StringRef name, std::vector<uint32_t> words);
/// Makes every pointer generic.
void removeAddressSpaces(mlir::ModuleOp module);

} // namespace ashlar::host

#endif
