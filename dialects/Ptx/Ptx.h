//===-- Ptx.h - Instructions that NVVM lacks --------------------*- C++ -*-===//
//
// The `ptx` dialect: one operation an instruction, each with an inline-PTX lowering (InlinePtxInterface) and
// a lowering to a simulator call. Operations act on the scalars of one thread.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_DIALECTS_PTX_PTX_H
#define ASHLAR_DIALECTS_PTX_PTX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <string>

namespace ashlar::ptx {

/// A run of registers of one kind, as inline assembly sees a value.
struct Registers {
  /// The constraint letter: `h` 16 bits, `r` 32 bits, `l` 64 bits, `f` f32, `d` f64; 0 where the type has no
  /// register.
  char constraint = 0;
  /// How many registers the value takes.
  unsigned count = 0;
};

/// The registers of a value of this type. Scalars and pointers take one; a pointer to shared memory takes a
/// 32-bit one (its window is smaller than 4 GiB, and 32-bit addresses halve the cost of address arithmetic);
/// a vector of 32-bit elements takes one register an element; a vector of 32 bits in all (such as
/// vector<2xf16>) takes one.
Registers registersOf(mlir::Type type);

/// The constraint string of an operation: `=` entries for each register of its results, then one for each
/// register of its operands, separated by commas.
std::string deriveConstraints(mlir::Operation *op);

/// Cache policies as the `policy` operands take them (the constants that `createpolicy.fractional` with
/// fraction 1 gives): the line is the first or the last that L2 gives up.
inline constexpr uint64_t evictFirstPolicy = 0x12F0000000000000;
inline constexpr uint64_t evictLastPolicy = 0x14F0000000000000;

/// The types of registers that an operation passes on: one that all have, or a list.
mlir::ParseResult parseRegisterTypes(mlir::OpAsmParser &parser, mlir::SmallVectorImpl<mlir::Type> &operandTypes,
                                     mlir::SmallVectorImpl<mlir::Type> &resultTypes,
                                     mlir::ArrayRef<mlir::OpAsmParser::UnresolvedOperand> operands);
void printRegisterTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::TypeRange operandTypes,
                        mlir::TypeRange resultTypes, mlir::OperandRange operands);

} // namespace ashlar::ptx

#include "dialects/Ptx/PtxDialect.h.inc"
#include "dialects/Ptx/PtxEnums.h.inc"
#include "dialects/Ptx/PtxInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/Ptx/PtxOps.h.inc"

#endif // ASHLAR_DIALECTS_PTX_PTX_H
