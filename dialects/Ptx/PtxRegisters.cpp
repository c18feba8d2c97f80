//===-- PtxRegisters.cpp - Values as the registers of inline PTX ---------===//
//
// The rule that maps a value's type to register constraints; templates, constraints and the lowering all
// follow it.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ptx/Ptx.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace ashlar;

static char scalarConstraint(Type type) {
  if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(type))
    return pointer.getAddressSpace() == 3 ? 'r' : 'l';
  if (type.isF32())
    return 'f';
  if (type.isF64())
    return 'd';
  if (!type.isIntOrFloat())
    return 0;
  switch (type.getIntOrFloatBitWidth()) {
  case 16:
    return 'h';
  case 32:
    return 'r';
  case 64:
    return 'l';
  default:
    return 0;
  }
}

ptx::Registers ptx::registersOf(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector) {
    char constraint = scalarConstraint(type);
    return {constraint, constraint ? 1u : 0u};
  }
  if (vector.isScalable() || !vector.getElementType().isIntOrFloat())
    return {};
  unsigned elementBits = vector.getElementTypeBitWidth();
  if (elementBits * vector.getNumElements() == 32)
    return {'r', 1};
  if (elementBits == 32)
    return {scalarConstraint(vector.getElementType()), static_cast<unsigned>(vector.getNumElements())};
  return {};
}

std::string ptx::deriveConstraints(Operation *op) {
  SmallVector<std::string> entries;
  for (Type type : op->getResultTypes()) {
    Registers registers = registersOf(type);
    entries.append(registers.count, std::string("=") + registers.constraint);
  }
  for (Type type : op->getOperandTypes()) {
    Registers registers = registersOf(type);
    entries.append(registers.count, std::string(1, registers.constraint));
  }
  return llvm::join(entries, ",");
}
