//===-- SharedMemory.cpp - sizes and lifetimes of shared buffers -------------===//
//
// Lifetimes over structured control flow: a loop extends them, an asynchronous copy extends them to its wait.
//
//===-----------------------------------------------------------------------===//
#include "SharedMemory.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static constexpr int64_t bankRowBytes = 128;
static constexpr int64_t baseAlignment = 1024;

/// Bytes of 2^`log2Elements` elements.
static int64_t bytesOf(BufferType type, int64_t log2Elements) {
  return std::max<int64_t>((int64_t(1) << log2Elements) * storageBits(type.getElementType()) / 8,
                           1);
}

/// After this many bytes the swizzle starts again; 1 without a swizzle.
static int64_t swizzlePeriod(BufferType type) {
  BufferLayoutAttr layout = type.getLayout();
  if (!layout || layout.getSwizzleBits() == 0)
    return 1;
  return bytesOf(type,
                 layout.getSwizzleBase() + layout.getSwizzleBits() + std::abs(layout.getSwizzleShift()));
}

int64_t tile::getSharedAlignment(BufferType type) {
  return std::min(std::max(bankRowBytes, swizzlePeriod(type)), baseAlignment);
}

int64_t tile::getSharedSize(BufferType type) {
  BufferLayoutAttr layout = type.getLayout();
  if (!layout || layout.getSwizzleBits() == 0)
    return type.getSizeInBytes();
  return llvm::alignTo(type.getSizeInBytes(),
                       bytesOf(type, layout.getSwizzleBase() + layout.getSwizzleBits()));
}

int64_t tile::getStageSize(BufferType type) {
  return llvm::alignTo(getSharedSize(type), std::max(bankRowBytes, swizzlePeriod(type)));
}

BufferType tile::makeStagedType(BufferType type, int64_t stages) {
  SmallVector<int64_t> shape{stages},
      strides{getStageSize(type) * 8 / storageBits(type.getElementType())};
  llvm::append_range(shape, type.getShape());
  llvm::append_range(strides, type.getStrides());
  BufferLayoutAttr layout = type.getLayout();
  auto staged =
      layout ? layout.withStrides(strides) : BufferLayoutAttr::get(type.getContext(), strides, 0, 0, 0);
  return BufferType::get(shape, type.getElementType(), type.getSpace(), staged);
}

static void number(Region &region, llvm::DenseMap<Operation *, int64_t> &begins,
                   llvm::DenseMap<Operation *, int64_t> &ends, int64_t &next) {
  for (Block &block : region)
    for (Operation &op : block) {
      begins[&op] = next++;
      for (Region &nested : op.getRegions())
        number(nested, begins, ends, next);
      ends[&op] = op.getNumRegions() == 0 ? begins[&op] : next++;
    }
}

Positions::Positions(KernelOp kernel) {
  int64_t next = 1;
  number(kernel.getBody(), begins, ends, next);
  begins[kernel] = 0;
  ends[kernel] = next;
}

static void extend(SharedBuffer &buffer, const Positions &positions, Operation *op) {
  buffer.begin = std::min(buffer.begin, positions.begin(op));
  buffer.end = std::max(buffer.end, positions.end(op));
}

/// A use of the buffer by `op`: every loop around it that does not contain the alloc comes back to it.
static void extendByUse(SharedBuffer &buffer, const Positions &positions, Operation *op) {
  extend(buffer, positions, op);
  // Roles run side by side.
  if (op->getParentOfType<RoleOp>())
    for (auto role : op->getParentOfType<KernelOp>().getBody().getOps<RoleOp>())
      extend(buffer, positions, role);
  for (Operation *parent = op->getParentOp(); parent && !parent->isAncestor(buffer.alloc);
       parent = parent->getParentOp())
    if (isa<LoopLikeOpInterface>(parent))
      extend(buffer, positions, parent);
}

/// An asynchronous copy writes until a `tile.async_wait 0` after it; without one in its loop body, it is
/// under way through the rest of the loop and its next iterations.
static void extendByAsyncCopy(SharedBuffer &buffer, const Positions &positions, CopyOp copy) {
  for (Operation *at = copy; !isa<KernelOp>(at); at = at->getParentOp()) {
    for (Operation *next = at->getNextNode(); next; next = next->getNextNode())
      if (auto wait = dyn_cast<AsyncWaitOp>(next); wait && wait.getPending() == 0)
        return extendByUse(buffer, positions, wait);
    if (isa<LoopLikeOpInterface>(at->getParentOp()))
      extend(buffer, positions, at->getParentOp());
  }
  buffer.end = positions.end(copy->getParentOfType<KernelOp>());
}

static LogicalResult extendByUsers(SharedBuffer &buffer, const Positions &positions, Value value) {
  for (Operation *user : value.getUsers()) {
    if (isa<StageOp, TransposeOp>(user)) {
      if (failed(extendByUsers(buffer, positions, user->getResult(0))))
        return failure();
      continue;
    }
    if (user->hasTrait<OpTrait::IsTerminator>() || user->getNumRegions() != 0)
      return user->emitOpError("carries a shared buffer, whose lifetime is then unknown; use the result of "
                               "tile.alloc, tile.stage or tile.transpose directly");
    extendByUse(buffer, positions, user);
    if (auto copy = dyn_cast<CopyOp>(user); copy && copy.getAsync())
      extendByAsyncCopy(buffer, positions, copy);
  }
  return success();
}

FailureOr<SmallVector<SharedBuffer>> tile::computeLifetimes(KernelOp kernel, const Positions &positions) {
  SmallVector<SharedBuffer> buffers;
  WalkResult result = kernel.walk([&](AllocOp alloc) {
    SharedBuffer buffer{alloc, positions.end(kernel), 0, getSharedSize(alloc.getBuffer().getType())};
    if (failed(extendByUsers(buffer, positions, alloc.getBuffer())))
      return WalkResult::interrupt();
    if (alloc->use_empty())
      buffer.begin = buffer.end = positions.begin(alloc);
    buffers.push_back(buffer);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  return buffers;
}

AllocationPlan tile::planSharedMemory(ArrayRef<SharedBuffer> buffers) {
  SmallVector<AllocationRequest> requests;
  for (SharedBuffer buffer : buffers)
    requests.push_back(
        {buffer.begin, buffer.end, buffer.size, getSharedAlignment(buffer.alloc.getBuffer().getType())});
  return planAllocation(requests);
}
