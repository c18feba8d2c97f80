//===-- MemoryAccess.cpp - Announcing loads, stores and atomics -----------===//
//
// Puts a call of @ashlar_access before every access to device memory and makes it use the address that comes
// back.
//
//===----------------------------------------------------------------------===//

#include "HostLowering.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace ashlar::host {

static uint64_t bitWidth(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return uint64_t(vector.getNumElements()) * bitWidth(vector.getElementType());
  if (isa<LLVM::LLVMPointerType>(type))
    return 64;
  if (auto array = dyn_cast<LLVM::LLVMArrayType>(type))
    return array.getNumElements() * bitWidth(array.getElementType());
  if (auto structure = dyn_cast<LLVM::LLVMStructType>(type)) {
    uint64_t bits = 0;
    for (Type element : structure.getBody())
      bits += bitWidth(element);
    return bits;
  }
  return type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
}

uint64_t storageBytes(Type type) { return llvm::divideCeil(bitWidth(type), 8); }

static unsigned spaceOf(Value address) {
  return cast<LLVM::LLVMPointerType>(address.getType()).getAddressSpace();
}

static bool isStackAddress(Value address) {
  while (auto gep = address.getDefiningOp<LLVM::GEPOp>())
    address = gep.getBase();
  return address.getDefiningOp<LLVM::AllocaOp>() != nullptr;
}

/// Whether the simulator wants to know of accesses through this pointer.
static bool isAnnounced(Value address) {
  unsigned space = spaceOf(address);
  return space == globalSpace || space == sharedSpace || space == clusterSpace ||
         (space == genericSpace && !isStackAddress(address));
}

/// Announces the access of `type` at the operand and redirects it. The alignment is what the instruction
/// needs on the GPU; the host's access itself must take any address.
static void announceOperand(FunctionLowering &lowering, Operation *op, OpOperand &address, Type type,
                            uint64_t alignment, uint32_t kind) {
  if (!isAnnounced(address.get()))
    return;
  unsigned space = spaceOf(address.get());
  uint32_t spaceFlag = space == globalSpace    ? ASHLAR_ACCESS_GLOBAL
                       : space == sharedSpace  ? ASHLAR_ACCESS_SHARED
                       : space == clusterSpace ? ASHLAR_ACCESS_CLUSTER
                                               : ASHLAR_ACCESS_GENERIC;
  uint64_t bytes = storageBytes(type), natural = llvm::PowerOf2Ceil(bytes);
  uint32_t flags =
      spaceFlag | kind | llvm::Log2_64(alignment ? alignment : natural) << ASHLAR_ACCESS_ALIGNMENT_SHIFT;
  address.set(lowering.announce(address.get(), bytes, flags, op));
}

static LogicalResult refuseMemoryIntrinsic(Operation *op) {
  bool isMemoryIntrinsic =
      isa<LLVM::MemcpyOp, LLVM::MemcpyInlineOp, LLVM::MemmoveOp, LLVM::MemsetOp, LLVM::MemsetInlineOp,
          LLVM::MaskedLoadOp, LLVM::MaskedStoreOp, LLVM::masked_gather, LLVM::masked_scatter,
          LLVM::masked_expandload, LLVM::masked_compressstore>(op);
  if (!isMemoryIntrinsic)
    return success();
  for (Value operand : op->getOperands())
    if (isa<LLVM::LLVMPointerType>(operand.getType()) && isAnnounced(operand))
      return op->emitOpError(
          "on device memory has no form for the simulator; write loads and stores instead");
  return success();
}

/// Pointers to the block's own shared memory are offsets as integers; those to a cluster's have no such form.
static LogicalResult lowerPointerInteger(FunctionLowering &lowering, Operation *op) {
  OpBuilder &builder = lowering.builder;
  Location location = lowering.location;
  auto sharedStart = [&] {
    Value start = lowering.threadField(offsetof(AshlarSimulatorThread, shared), lowering.pointer);
    return LLVM::PtrToIntOp::create(builder, location, lowering.i64, start).getResult();
  };
  Value address = isa<LLVM::PtrToIntOp>(op) ? op->getOperand(0) : op->getResult(0);
  if (spaceOf(address) == clusterSpace)
    return op->emitOpError("of an address in a cluster's shared memory has no form for the simulator");
  if (auto toInteger = dyn_cast<LLVM::PtrToIntOp>(op);
      toInteger && spaceOf(toInteger.getArg()) == sharedSpace) {
    Value generic = LLVM::AddrSpaceCastOp::create(builder, location, lowering.pointer, toInteger.getArg());
    Value address = LLVM::PtrToIntOp::create(builder, location, lowering.i64, generic);
    Value offset = LLVM::SubOp::create(builder, location, address, sharedStart());
    if (toInteger.getType().getIntOrFloatBitWidth() < 64)
      offset = LLVM::TruncOp::create(builder, location, toInteger.getType(), offset);
    op->replaceAllUsesWith(ValueRange{offset});
    op->erase();
  } else if (auto toPointer = dyn_cast<LLVM::IntToPtrOp>(op);
             toPointer && spaceOf(toPointer.getRes()) == sharedSpace) {
    Value offset = toPointer.getArg();
    if (offset.getType().getIntOrFloatBitWidth() < 64)
      offset = LLVM::ZExtOp::create(builder, location, lowering.i64, offset);
    Value address = LLVM::AddOp::create(builder, location, sharedStart(), offset);
    Value result = LLVM::IntToPtrOp::create(builder, location, lowering.pointer, address);
    result = LLVM::AddrSpaceCastOp::create(builder, location, toPointer.getType(), result);
    op->replaceAllUsesWith(ValueRange{result});
    op->erase();
  }
  return success();
}

LogicalResult lowerMemoryAccess(FunctionLowering &lowering, Operation *op) {
  lowering.startAt(op);
  if (auto load = dyn_cast<LLVM::LoadOp>(op)) {
    announceOperand(lowering, op, load.getAddrMutable(), load.getType(), load.getAlignment().value_or(0),
                    ASHLAR_ACCESS_READ);
    if (load.getOrdering() == LLVM::AtomicOrdering::not_atomic)
      load.setAlignment(1);
    load.setNontemporal(false);
  } else if (auto store = dyn_cast<LLVM::StoreOp>(op)) {
    announceOperand(lowering, op, store.getAddrMutable(), store.getValue().getType(),
                    store.getAlignment().value_or(0), ASHLAR_ACCESS_WRITE);
    if (store.getOrdering() == LLVM::AtomicOrdering::not_atomic)
      store.setAlignment(1);
    store.setNontemporal(false);
  } else if (auto update = dyn_cast<LLVM::AtomicRMWOp>(op)) {
    announceOperand(lowering, op, update.getPtrMutable(), update.getType(), 0, ASHLAR_ACCESS_ATOMIC);
  } else if (auto exchange = dyn_cast<LLVM::AtomicCmpXchgOp>(op)) {
    announceOperand(lowering, op, exchange.getPtrMutable(), exchange.getVal().getType(), 0,
                    ASHLAR_ACCESS_ATOMIC);
  } else if (isa<LLVM::PtrToIntOp, LLVM::IntToPtrOp>(op)) {
    return lowerPointerInteger(lowering, op);
  } else {
    return refuseMemoryIntrinsic(op);
  }
  return success();
}

} // namespace ashlar::host
