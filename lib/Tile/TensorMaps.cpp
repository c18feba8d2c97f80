//===-- TensorMaps.cpp - whether a copy can be moved by a tensor map ---------===//
//
// Takes a view's map apart into what its dimensions and what its symbols contribute to an address.
//
//===-----------------------------------------------------------------------===//
#include "TensorMaps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <bit>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// One coordinate of the buffer: sum of coefficient times dimension, plus what symbols and constants say.
struct LinearCoordinate {
  SmallVector<int64_t> coefficients; ///< By dimension of the view.
  AffineExpr residual;
};

/// One dimension of the tensor.
struct TensorDim {
  AffineExpr coordinate, extent;
  int64_t stride; ///< In elements.
  int64_t box;
};

} // namespace

static bool usesDims(AffineExpr expr) {
  bool found = false;
  expr.walk([&](AffineExpr part) { found |= isa<AffineDimExpr>(part); });
  return found;
}

/// Adds `factor * expr` to the coordinate; false where a dimension does not enter linearly.
static bool addLinear(AffineExpr expr, int64_t factor, LinearCoordinate &coordinate) {
  if (!usesDims(expr)) {
    coordinate.residual = coordinate.residual + expr * factor;
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    coordinate.coefficients[dim.getPosition()] += factor;
    return true;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, coordinate) && addLinear(binary.getRHS(), factor, coordinate);
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return expr.getKind() == AffineExprKind::Mul && constant &&
         addLinear(binary.getLHS(), factor * constant.getValue(), coordinate);
}

/// An index of the kernel as an expression of its runtime dimensions, which become symbols; null where it is
/// computed otherwise.
static AffineExpr runtimeExpression(Value index) {
  MLIRContext *context = index.getContext();
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return getAffineConstantExpr(*constant, context);
  if (auto argument = dyn_cast<BlockArgument>(index)) {
    auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
    unsigned buffers = kernel ? kernel.getBufferArguments().size() : 0;
    return kernel ? getAffineSymbolExpr(argument.getArgNumber() - buffers, context) : AffineExpr();
  }
  Operation *op = index.getDefiningOp();
  if (!op || op->getNumOperands() != 2)
    return {};
  AffineExpr left = runtimeExpression(op->getOperand(0)), right = runtimeExpression(op->getOperand(1));
  if (!left || !right)
    return {};
  if (isa<arith::AddIOp>(op))
    return left + right;
  if (isa<arith::SubIOp>(op))
    return left - right;
  if (isa<arith::MulIOp>(op))
    return left * right;
  if (isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(op))
    return left.floorDiv(right);
  return isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op) ? left.ceilDiv(right) : AffineExpr();
}

/// The extents of a view in the kernel's runtime dimensions; null entries where they are not known.
static SmallVector<AffineExpr> viewExtents(ViewOp view) {
  SmallVector<AffineExpr> extents;
  auto sizes = view.getSizes().begin();
  for (int64_t extent : view.getType().getShape())
    extents.push_back(ShapedType::isDynamic(extent) ? runtimeExpression(*sizes++)
                                                    : getAffineConstantExpr(extent, view.getContext()));
  return extents;
}

/// The dimensions of a buffer's tile, the one that lies contiguously first.
static SmallVector<unsigned> memoryOrder(BufferType buffer) {
  SmallVector<int64_t> strides = buffer.getStrides();
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, strides.size()));
  int64_t panels = buffer.getPanelDim();
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    auto rank = [&](unsigned dim) {
      bool isContiguous = static_cast<int64_t>(dim) == panels || (panels < 0 && strides[dim] == 1);
      return std::pair(isContiguous ? 0 : 1, strides[dim]);
    };
    return rank(a) < rank(b);
  });
  return order;
}

/// The extent of dimensions that nothing leaves. Launches know the number, too: tensorMapBoundless.
static constexpr int64_t boundlessExtent = int64_t(1) << 31;

namespace {

class Description {
public:
  Description(ViewOp view, BufferType buffer, std::string &reason) : view(view), buffer(buffer), reason(reason) {}
  FailureOr<TensorMapAttr> describe();

private:
  LogicalResult splitCoordinates();
  LogicalResult addViewDims();
  void addResiduals();
  FailureOr<int64_t> swizzleBytes();
  LogicalResult checkAlignment();
  LogicalResult fail(const Twine &why) {
    reason = why.str();
    return failure();
  }
  int64_t bytes(int64_t elements) { return elements * storageBits(buffer.getElementType()) / 8; }

  ViewOp view;
  BufferType buffer;
  std::string &reason;
  SmallVector<LinearCoordinate> coordinates;
  SmallVector<TensorDim> dims;
  int64_t offset = 0;
};

} // namespace

LogicalResult Description::splitCoordinates() {
  AffineMap map = view.getMap();
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    LinearCoordinate coordinate{SmallVector<int64_t>(map.getNumDims(), 0),
                                getAffineConstantExpr(0, view.getContext())};
    if (!addLinear(expr, 1, coordinate))
      return fail("the place of its elements in memory is not linear in the view's coordinates");
    coordinate.residual = simplifyAffineExpr(coordinate.residual, map.getNumDims(), map.getNumSymbols());
    // Padding: an element outside of the buffer would be read from its neighbours.
    int64_t extent = view.getBuffer().getType().getShape()[dim];
    bool hasDims = llvm::any_of(coordinate.coefficients, [](int64_t factor) { return factor != 0; });
    bool isShifted = coordinate.residual != getAffineConstantExpr(0, view.getContext());
    if (hasDims && isShifted && !ShapedType::isDynamic(extent))
      return fail("a coordinate can fall outside of the buffer inside of the view");
    coordinates.push_back(coordinate);
  }
  return success();
}

LogicalResult Description::addViewDims() {
  SmallVector<int64_t> strides = view.getBuffer().getType().getStrides();
  SmallVector<AffineExpr> extents = viewExtents(view);
  for (unsigned dim : memoryOrder(buffer)) {
    int64_t stride = 0, box = buffer.getShape()[dim];
    for (auto [coordinate, step] : llvm::zip_equal(coordinates, strides))
      stride += coordinate.coefficients[dim] * step;
    if (!extents[dim] || stride < 0)
      return fail("an extent or a stride is not known when the kernel is launched");
    if (static_cast<int64_t>(dim) == buffer.getPanelDim())
      box = std::min(box, buffer.getLayout().getPanelWidth());
    dims.push_back({getAffineDimExpr(dim, view.getContext()), extents[dim], stride, box});
  }
  return success();
}

void Description::addResiduals() {
  BufferType memory = view.getBuffer().getType();
  SmallVector<int64_t> strides = memory.getStrides();
  for (auto [dim, coordinate] : llvm::enumerate(coordinates)) {
    if (auto constant = dyn_cast<AffineConstantExpr>(coordinate.residual)) {
      offset += constant.getValue() * strides[dim];
      continue;
    }
    int64_t extent = memory.getShape()[dim];
    extent = ShapedType::isDynamic(extent) ? boundlessExtent : extent;
    dims.push_back({coordinate.residual, getAffineConstantExpr(extent, view.getContext()), strides[dim], 1});
  }
}

/// The bytes within which the destination's swizzle permutes chunks of 16.
FailureOr<int64_t> Description::swizzleBytes() {
  BufferLayoutAttr layout = buffer.getLayout();
  if (!layout || layout.getSwizzleBits() == 0)
    return 0;
  int64_t chunk = std::countr_zero(uint64_t(128 / storageBits(buffer.getElementType())));
  if (layout.getSwizzleBase() != chunk || layout.getSwizzleShift() != 3 || layout.getSwizzleBits() > 3)
    return fail("the copy engine has no such swizzle"), failure();
  return int64_t(16) << layout.getSwizzleBits();
}

LogicalResult Description::checkAlignment() {
  constexpr int64_t unit = 16, maxBox = 256;
  if (storageBits(buffer.getElementType()) < 8)
    return fail("elements of four bits are not moved by tensor maps");
  if (dims.size() > 5)
    return fail("its address depends on more than five coordinates");
  if (dims.front().stride != 1 || bytes(dims.front().box) % unit != 0)
    return fail("it is not contiguous in pieces of 16 bytes");
  for (const TensorDim &dim : ArrayRef(dims).drop_front())
    if (bytes(dim.stride) % unit != 0)
      return fail("its rows do not start at multiples of 16 bytes");
  if (bytes(offset) % unit != 0 || offset < 0)
    return fail("it does not start at a multiple of 16 bytes");
  for (const TensorDim &dim : dims)
    if (dim.box > maxBox)
      return fail("its tile has more than 256 elements along a dimension");
  // The box is written densely, dimension by dimension.
  int64_t next = dims.front().box;
  SmallVector<int64_t> strides = buffer.getStrides();
  for (unsigned dim : ArrayRef(memoryOrder(buffer)).drop_front()) {
    if (strides[dim] != next)
      return fail("its buffer has gaps");
    next *= buffer.getShape()[dim];
  }
  return success();
}

FailureOr<TensorMapAttr> Description::describe() {
  if (buffer.getRank() == 0)
    return fail("it is a single element"), failure();
  FailureOr<int64_t> swizzle = swizzleBytes();
  if (failed(swizzle) || failed(splitCoordinates()) || failed(addViewDims()))
    return failure();
  addResiduals();
  if (failed(checkAlignment()))
    return failure();
  MLIRContext *context = view.getContext();
  auto kernel = view->getParentOfType<KernelOp>();
  unsigned runtimeDims = kernel.getDimensionArguments().size();
  SmallVector<AffineExpr> starts, extents, strides;
  SmallVector<int64_t> box;
  for (const TensorDim &dim : dims) {
    starts.push_back(dim.coordinate);
    extents.push_back(dim.extent);
    box.push_back(dim.box);
    if (box.size() > 1)
      strides.push_back(getAffineConstantExpr(bytes(dim.stride), context));
  }
  AffineMap map = view.getMap();
  return TensorMapAttr::get(context, AffineMap::get(map.getNumDims(), map.getNumSymbols(), starts, context),
                            AffineMap::get(0, runtimeDims, extents, context),
                            AffineMap::get(0, runtimeDims, strides, context), bytes(offset), box, *swizzle);
}

FailureOr<TensorMapAttr> tile::describeTensorMap(ViewOp view, BufferType buffer, std::string &reason) {
  return Description(view, buffer, reason).describe();
}
