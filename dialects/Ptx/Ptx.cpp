//===-- Ptx.cpp - Instructions that NVVM lacks ---------------------------===//
//
// Verifiers and PTX text of the operations whose text depends on their attributes and optional operands.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ptx/Ptx.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace ashlar::ptx;

#include "dialects/Ptx/PtxDialect.cpp.inc"
#include "dialects/Ptx/PtxEnums.cpp.inc"
#include "dialects/Ptx/PtxInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/Ptx/PtxOps.cpp.inc"

void PtxDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Ptx/PtxOps.cpp.inc"
      >();
}

/// The L2 prefetch sizes that `ld` and `cp.async` know.
static LogicalResult verifyPrefetch(Operation *op, std::optional<uint32_t> bytes, StringRef label) {
  if (!bytes || *bytes == 64 || *bytes == 128 || *bytes == 256)
    return success();
  return op->emitOpError() << label << ": prefetch_bytes must be 64, 128 or 256, but is " << *bytes;
}

/// The qualifiers that follow from a policy operand and a prefetch size, in the order the assembler wants.
static std::string cacheQualifiers(bool hasPolicy, std::optional<uint32_t> prefetchBytes) {
  std::string text = hasPolicy ? ".L2::cache_hint" : "";
  if (prefetchBytes)
    text += llvm::formatv(".L2::{0}B", *prefetchBytes);
  return text;
}

//===----------------------------------------------------------------------===//
// lop3
//===----------------------------------------------------------------------===//

LogicalResult Lop3Op::verify() {
  if (getImmLut() > 255)
    return emitOpError() << "C1: the table must lie in [0, 255], but is "
                         << static_cast<int32_t>(getImmLut());
  return success();
}

std::string Lop3Op::getPtxTemplate() { return llvm::formatv("lop3.b32 $0, $1, $2, $3, {0};", getImmLut()); }

//===----------------------------------------------------------------------===//
// cp_async
//===----------------------------------------------------------------------===//

LogicalResult CpAsyncOp::verify() {
  uint32_t bytes = getBytes();
  if (bytes != 4 && bytes != 8 && bytes != 16)
    return emitOpError() << "C1: one copy moves 4, 8 or 16 bytes, but this one " << bytes;
  if (getBypassL1() && bytes != 16)
    return emitOpError() << "C2: bypass_l1 needs a copy of 16 bytes, but this one moves " << bytes;
  return verifyPrefetch(*this, getPrefetchBytes(), "C3");
}

std::string CpAsyncOp::getPtxTemplate() {
  std::string text =
      llvm::formatv("cp.async.{0}.shared.global{1} [$0], [$1], {2}", getBypassL1() ? "cg" : "ca",
                    cacheQualifiers(bool(getPolicy()), getPrefetchBytes()), getBytes());
  unsigned next = 2;
  if (getSourceBytes())
    text += llvm::formatv(", ${0}", next++);
  if (getPolicy())
    text += llvm::formatv(", ${0}", next++);
  return text + ";";
}

//===----------------------------------------------------------------------===//
// ld_global
//===----------------------------------------------------------------------===//

LogicalResult LdGlobalOp::verify() { return verifyPrefetch(*this, getPrefetchBytes(), "C1"); }

std::string LdGlobalOp::getPtxTemplate() {
  unsigned words = registersOf(getType()).count;
  std::string text = "ld.global";
  if (getNonCoherent())
    text += ".nc";
  if (getNoAllocate())
    text += ".L1::no_allocate";
  text += cacheQualifiers(bool(getPolicy()), getPrefetchBytes());
  if (words == 1)
    text += ".b32 $0";
  if (words == 2)
    text += ".v2.b32 {$0, $1}";
  if (words == 4)
    text += ".v4.b32 {$0, $1, $2, $3}";
  text += llvm::formatv(", [${0}]", words);
  if (getPolicy())
    text += llvm::formatv(", ${0}", words + 1);
  return text + ";";
}
