//===-- PtxWgmma.cpp - Products of a warp group --------------------------===//
//
// Verifiers, text and register constraints of wgmma and of what orders its registers. Accumulators are read
// and written in place: an operand is tied to the result of its number.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ptx/Ptx.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace ashlar::ptx;

//===----------------------------------------------------------------------===//
// Types of many registers: one for all, or one for each
//===----------------------------------------------------------------------===//

ParseResult ashlar::ptx::parseRegisterTypes(OpAsmParser &parser, SmallVectorImpl<Type> &operandTypes,
                                            SmallVectorImpl<Type> &resultTypes,
                                            ArrayRef<OpAsmParser::UnresolvedOperand> operands) {
  SmallVector<Type> types;
  if (parser.parseTypeList(types))
    return failure();
  if (types.size() == 1)
    types.assign(operands.size(), types.front());
  operandTypes.assign(types.begin(), types.end());
  resultTypes.assign(types.begin(), types.end());
  return success();
}

void ashlar::ptx::printRegisterTypes(OpAsmPrinter &printer, Operation *, TypeRange operandTypes, TypeRange,
                                     OperandRange) {
  if (!operandTypes.empty() && llvm::all_equal(operandTypes))
    printer << operandTypes.front();
  else
    llvm::interleaveComma(operandTypes, printer);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// "{$first, ..., $last}"
static std::string registerList(unsigned first, unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", $" : "$") + std::to_string(first + i);
  return text + "}";
}

/// Results, then operands of which the first are tied to the results.
static std::string tiedConstraints(Operation *op) {
  SmallVector<std::string> entries;
  for (Type type : op->getResultTypes())
    entries.push_back(std::string("=") + registersOf(type).constraint);
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    entries.push_back(i < op->getNumResults() ? std::to_string(i)
                                              : std::string(1, registersOf(type).constraint));
  return llvm::join(entries, ",");
}

static bool is16Bit(WgmmaElement element) {
  return element == WgmmaElement::F16 || element == WgmmaElement::BF16;
}

int64_t WgmmaOp::getDepth() {
  if (is16Bit(getAElement()))
    return 16;
  return getAElement() == WgmmaElement::TF32 ? 8 : 32;
}

std::string WgmmaOp::getPtxConstraints() { return tiedConstraints(*this); }

std::string WgmmaOp::getPtxTemplate() {
  unsigned count = getNumResults(), next = 2 * count;
  std::string a = getADescriptor() ? "" : registerList(next, 4);
  next += getADescriptor() ? 0 : 4;
  if (getADescriptor())
    a = llvm::formatv("${0}", next++);
  unsigned b = next++, accumulate = next;
  std::string shape =
      llvm::formatv("m64n{0}k{1}.{2}.{3}.{4}", getN(), getDepth(), isInteger() ? "s32" : "f32",
                    stringifyWgmmaElement(getAElement()), stringifyWgmmaElement(getBElement()));
  std::string text =
      llvm::formatv("{{ .reg .pred p; setp.ne.b32 p, ${0}, 0; wgmma.mma_async.sync.aligned.{1} {2}, {3}, ${4}, p",
                    accumulate, shape, registerList(0, count), a, b);
  if (!isInteger())
    text += ", 1, 1";
  if (is16Bit(getAElement()) && getADescriptor())
    text += getTransposedA() ? ", 1" : ", 0";
  if (is16Bit(getAElement()))
    text += getTransposedB() ? ", 1" : ", 0";
  return text + "; }";
}

std::string WgmmaFenceOp::getPtxTemplate() { return "wgmma.fence.sync.aligned;"; }
std::string WgmmaFenceOp::getPtxConstraints() { return tiedConstraints(*this); }

std::string WgmmaWaitOp::getPtxTemplate() {
  return llvm::formatv("wgmma.wait_group.sync.aligned {0};", getPending());
}
std::string WgmmaWaitOp::getPtxConstraints() { return tiedConstraints(*this); }

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

/// Elements that may meet in one product are of one class.
static int classOf(WgmmaElement element) {
  switch (element) {
  case WgmmaElement::E4M3:
  case WgmmaElement::E5M2:
    return 3;
  case WgmmaElement::S8:
  case WgmmaElement::U8:
    return 4;
  default:
    return static_cast<int>(element);
  }
}

LogicalResult WgmmaOp::verify() {
  unsigned n = getN();
  bool isRegular = n >= 8 && n <= 256 && n % 8 == 0;
  if (!isRegular || (isInteger() && n > 32 && n % 16 != 0))
    return emitOpError() << "C1: no product has " << n << " columns of these elements";
  if (getADescriptor() ? !getARegisters().empty() : getARegisters().size() != 4)
    return emitOpError() << "C2: A is one descriptor or four registers";
  bool isCounted = getAccumulators().size() == n / 2 && getNumResults() == n / 2;
  auto hasType = [&](Type type) { return isInteger() ? type.isInteger(32) : type.isF32(); };
  if (!isCounted || !llvm::all_of(getAccumulators().getTypes(), hasType) ||
      !llvm::all_of(getResultTypes(), hasType))
    return emitOpError() << "C3: " << n << " columns take " << n / 2 << " accumulators of "
                         << (isInteger() ? "i32" : "f32") << " and as many results";
  if (classOf(getAElement()) != classOf(getBElement()))
    return emitOpError() << "C4: elements of " << stringifyWgmmaElement(getAElement()) << " and "
                         << stringifyWgmmaElement(getBElement()) << " cannot be multiplied";
  bool isTransposed = getTransposedA() || getTransposedB();
  if (isTransposed && (!is16Bit(getAElement()) || (getTransposedA() && !getADescriptor())))
    return emitOpError() << "C5: only 16-bit elements in shared memory can be transposed";
  return success();
}

LogicalResult WgmmaWaitOp::verify() {
  if (getPending() > 7)
    return emitOpError() << "C1: at most 7 groups can stay under way, but this asks for " << getPending();
  return success();
}
