//===-- TileConcurrencyOps.cpp - constraints of what runs side by side ------===//
//
// Verifiers of roles, memory barriers, copies by tensor maps and waits for products.
//
//===-----------------------------------------------------------------------===//
#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

//===-- Roles --------------------------------------------------------------------===//

LogicalResult RoleOp::verify() {
  auto kernel = dyn_cast<KernelOp>((*this)->getParentOp());
  int64_t first = getFirstThread(), threads = getThreads();
  constexpr int64_t warp = 32, warpGroup = 128;
  if (!kernel || first < 0 || threads < warp || first % warp != 0 || threads % warp != 0 ||
      first + threads > int64_t(kernel.getThreads()))
    return emitOpError("C1: expected to stand directly in a kernel and to be warps of its threads, got the "
                       "threads [")
           << first << ", " << first + threads << ")";
  for (auto other : kernel.getBody().getOps<RoleOp>())
    if (other != *this && int64_t(other.getFirstThread()) < first + threads &&
        first < int64_t(other.getFirstThread() + other.getThreads()))
      return emitOpError("C2: shares threads with the role '") << other.getName() << "'";
  if (std::optional<int64_t> registers = getRegisters()) {
    bool isCount = *registers >= 24 && *registers <= 256 && *registers % 8 == 0;
    if (!isCount || first % warpGroup != 0 || threads % warpGroup != 0)
      return emitOpError("C3: expected a multiple of 8 registers in [24, 256] for whole groups of 128 "
                         "threads, got ")
             << *registers << " for " << threads << " threads from " << first;
  }
  return success();
}

LogicalResult RoleOp::verifyRegions() {
  if (!getSingleThread())
    return success();
  WalkResult result = getBody().walk([&](Operation *op) -> WalkResult {
    if (llvm::none_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>))
      return WalkResult::advance();
    InFlightDiagnostic error = emitOpError("C4: expected no tiles in a role of a single thread");
    error.attachNote(op->getLoc()) << "makes a tile";
    return error;
  });
  return failure(result.wasInterrupted());
}

//===-- Memory barriers -----------------------------------------------------------===//

static bool areBarriers(BufferType type) {
  return type.getRank() == 1 && type.getElementType().isInteger(64);
}

static LogicalResult verifyBarriers(Operation *op, BufferType type, StringRef label) {
  if (areBarriers(type))
    return success();
  return op->emitOpError(label) << ": expected one dimension of i64, got " << type;
}

static LogicalResult verifyPredicate(Operation *op, OperandRange predicate) {
  if (predicate.size() <= 1)
    return success();
  return op->emitOpError("C2: expected at most one predicate, got ") << predicate.size();
}

static constexpr int64_t mbarrierLimit = int64_t(1) << 20;

LogicalResult MbarrierInitOp::verify() {
  int64_t arrivals = getArrivals();
  if (failed(verifyBarriers(*this, getBarriers().getType(), "C1")))
    return failure();
  if (arrivals < 1 || arrivals >= mbarrierLimit)
    return emitOpError("C2: expected a number of arrivals in [1, 2^20), got ") << arrivals;
  return success();
}

LogicalResult MbarrierExpectOp::verify() {
  int64_t bytes = getBytes();
  if (failed(verifyBarriers(*this, getBarriers().getType(), "C1")))
    return failure();
  if (bytes < 1 || bytes >= mbarrierLimit)
    return emitOpError("C2: expected a number of bytes in [1, 2^20), got ") << bytes;
  return success();
}

LogicalResult MbarrierArriveOp::verify() {
  if (failed(verifyBarriers(*this, getBarriers().getType(), "C1")))
    return failure();
  return verifyPredicate(*this, getPredicate());
}

LogicalResult MbarrierWaitOp::verify() {
  if (failed(verifyBarriers(*this, getBarriers().getType(), "C1")))
    return failure();
  return verifyPredicate(*this, getPredicate());
}

//===-- Copies by tensor maps -----------------------------------------------------===//

LogicalResult TensorMapAttr::verify(function_ref<InFlightDiagnostic()> emitError, AffineMap coordinates,
                                    AffineMap extents, AffineMap strides, int64_t offset,
                                    ArrayRef<int64_t> box, int64_t swizzle) {
  unsigned rank = coordinates.getNumResults();
  if (rank < 1 || rank > 5 || extents.getNumResults() != rank || box.size() != rank ||
      strides.getNumResults() != rank - 1)
    return emitError() << "'#tile.tensor_map' C1: expected 1 to 5 coordinates, as many extents and entries of the "
                          "box, and one stride less, got "
                       << rank << ", " << extents.getNumResults() << ", " << box.size() << " and "
                       << strides.getNumResults();
  if (!llvm::is_contained({0, 32, 64, 128}, swizzle) || offset < 0 || offset % 16 != 0)
    return emitError() << "'#tile.tensor_map' C2: expected a swizzle of 0, 32, 64 or 128 bytes and an offset that is "
                          "a multiple of 16, got "
                       << swizzle << " and " << offset;
  for (int64_t extent : box)
    if (extent < 1 || extent > 256)
      return emitError() << "'#tile.tensor_map' C3: expected a box of 1 to 256 elements along each dimension, got "
                         << extent;
  return success();
}

LogicalResult TensorCopyOp::verify() {
  ViewType view = getView().getType();
  BufferType destination = getDestination().getType();
  if (static_cast<int64_t>(getOffsets().size()) != view.getRank() || view.getRank() != destination.getRank() ||
      view.getElementType() != destination.getElementType())
    return emitOpError("C1: expected one offset per dimension, and view and destination of one rank and element "
                       "type, got ")
           << getOffsets().size() << " for " << view << " and " << destination;
  int64_t moved = 1, elements = 1;
  for (int64_t extent : getMap().getBox())
    moved *= extent;
  for (int64_t extent : destination.getShape())
    elements *= extent;
  if (int64_t width = destination.getLayout() ? destination.getLayout().getPanelWidth() : 0)
    for (auto [extent, stride] : llvm::zip(destination.getShape(), destination.getStrides()))
      if (stride == 1 && extent > width)
        elements = elements / extent * width;
  auto source = getView().getDefiningOp<ViewOp>();
  bool hasSymbols = !source || getMap().getCoordinates().getNumSymbols() == source.getSymbols().size();
  if (moved != elements || !hasSymbols || getMap().getCoordinates().getNumDims() != getOffsets().size())
    return emitOpError("C2: expected a map of ")
           << getOffsets().size() << " offsets and the view's symbols that moves " << elements
           << " elements at once, got one of " << getMap().getCoordinates().getNumDims() << " offsets that moves "
           << moved;
  return verifyBarriers(*this, getSignal().getType(), "C3");
}

//===-- Products under way --------------------------------------------------------===//

LogicalResult MmaWaitOp::verify() {
  int64_t pending = getPending();
  if (pending < 0 || pending > 7)
    return emitOpError("C1: expected a number of products in [0, 7], got ") << pending;
  if (getTiles().getTypes() != getResults().getTypes())
    return emitOpError("C2: expected results of the operands' types");
  return success();
}
