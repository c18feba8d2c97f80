//===-- FunctionLowering.cpp - Building host code for one function --------===//
//
// The small pieces that replacements are made of, and the table of reported operations.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace ashlar::host {

/// The file position inside a location, where there is one.
static FileLineColLoc findPosition(Location location) {
  FileLineColLoc position;
  location->walk([&](Location inner) {
    position = dyn_cast<FileLineColLoc>(inner);
    return position ? WalkResult::interrupt() : WalkResult::advance();
  });
  return position;
}

uint32_t SiteTable::addString(StringRef string) {
  auto [entry, isNew] = offsets.try_emplace(string, uint32_t(text.size()));
  if (isNew) {
    text += string;
    text.push_back('\0');
  }
  return entry->second;
}

uint32_t SiteTable::add(Operation *op) {
  std::string location = "unknown";
  if (FileLineColLoc position = findPosition(op->getLoc()))
    // Without its folders, so that the object does not depend on where it was compiled.
    location = (llvm::sys::path::filename(position.getFilename()) + ":" + Twine(position.getLine()) + ":" +
                Twine(position.getColumn()))
                   .str();
  entries.push_back({addString(location), addString(op->getName().getStringRef())});
  return uint32_t(entries.size() - 1);
}

FunctionLowering::FunctionLowering(ModuleLowering &module, LLVM::LLVMFuncOp function)
    : module(module), function(function), builder(function.getContext(), &own), location(function.getLoc()) {
  i32 = builder.getI32Type();
  i64 = builder.getI64Type();
  f32 = builder.getF32Type();
  pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Block &entry = function.getBody().front();
  builder.setInsertionPointToStart(&entry);
  thread = entry.getArgument(0);
  Value apiAddress = LLVM::AddressOfOp::create(builder, location, pointer, apiName);
  api = LLVM::LoadOp::create(builder, location, pointer, apiAddress, /*alignment=*/0, /*isVolatile=*/false,
                             /*isNonTemporal=*/false, /*isInvariant=*/true);
  Value flag = threadField(offsetof(AshlarSimulatorThread, hooks), i32);
  hooks = LLVM::ICmpOp::create(builder, location, LLVM::ICmpPredicate::ne, flag, constant(0));
}

Value FunctionLowering::constant(uint32_t value) {
  return LLVM::ConstantOp::create(builder, location, i32, builder.getI32IntegerAttr(int32_t(value)));
}

Value FunctionLowering::byteOffset(Value address, uint64_t offset) {
  if (offset == 0)
    return address;
  return LLVM::GEPOp::create(builder, location, pointer, builder.getI8Type(), address,
                             ArrayRef<LLVM::GEPArg>{int32_t(offset)});
}

Value FunctionLowering::generic(Value address) {
  if (address.getType() == pointer)
    return address;
  return LLVM::AddrSpaceCastOp::create(builder, location, pointer, address);
}

Value FunctionLowering::loadRegisters(Value area, uint32_t first, Type type) {
  auto load = [&](uint32_t index, Type element) -> Value {
    return LLVM::LoadOp::create(builder, location, element, byteOffset(area, 4 * index), /*alignment=*/4);
  };
  auto structure = dyn_cast<LLVM::LLVMStructType>(type);
  if (!structure)
    return load(first, type);
  Value result = LLVM::UndefOp::create(builder, location, type);
  for (auto [i, element] : llvm::enumerate(structure.getBody()))
    result = LLVM::InsertValueOp::create(builder, location, result, load(first + uint32_t(i), element),
                                         int64_t(i));
  return result;
}

Value FunctionLowering::callApi(size_t slot, Type result, ValueRange arguments) {
  Value function = LLVM::LoadOp::create(builder, location, pointer, byteOffset(api, slot), /*alignment=*/0,
                                        /*isVolatile=*/false, /*isNonTemporal=*/false, /*isInvariant=*/true);
  SmallVector<Value> operands = {function};
  llvm::append_range(operands, arguments);
  Type resultType = result ? result : LLVM::LLVMVoidType::get(builder.getContext());
  auto type = LLVM::LLVMFunctionType::get(resultType, llvm::to_vector(arguments.getTypes()));
  auto call = LLVM::CallOp::create(builder, location, type, operands);
  return result ? call.getResult() : Value();
}

Value FunctionLowering::threadField(size_t offset, Type type) {
  return LLVM::LoadOp::create(builder, location, type, byteOffset(thread, offset), /*alignment=*/0,
                              /*isVolatile=*/false, /*isNonTemporal=*/false, /*isInvariant=*/true);
}

Value FunctionLowering::announce(Value address, uint64_t bytes, uint32_t flags, Operation *op) {
  Type type = address.getType();
  Value checked = LLVM::CallOp::create(builder, location, TypeRange{pointer}, accessName,
                                       ValueRange{thread, hooks, generic(address), constant(uint32_t(bytes)),
                                                  constant(flags), site(op)})
                      .getResult();
  if (type != pointer)
    checked = LLVM::AddrSpaceCastOp::create(builder, location, type, checked);
  return checked;
}

Value FunctionLowering::registers(uint32_t count) {
  OpBuilder::InsertionGuard guard(builder);
  if (!registerArea) {
    builder.setInsertionPointToStart(&function.getBody().front());
    Value size = constant(count);
    registerArea = LLVM::AllocaOp::create(builder, location, pointer, i32, size, /*alignment=*/16);
    registerCount = count;
  } else if (count > registerCount) {
    auto size = registerArea.getDefiningOp<LLVM::AllocaOp>().getArraySize().getDefiningOp<LLVM::ConstantOp>();
    size.setValueAttr(builder.getI32IntegerAttr(int32_t(count)));
    registerCount = count;
  }
  return registerArea;
}

} // namespace ashlar::host
