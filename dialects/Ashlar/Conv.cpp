//===-- Conv.cpp - ashlar.conv --------------------------------------------===//
//
// Verifier and shape inference of convolution. Sizes are handled by name (ConvSizes), so that nothing but the
// functions here depends on where a layout puts its dimensions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

ConvWindow ConvWindow::unit(ConvLayout layout, int64_t spatialRank) {
  ConvWindow window;
  window.layout = layout;
  window.strides.assign(spatialRank, 1);
  window.dilations.assign(spatialRank, 1);
  window.paddingLow.assign(spatialRank, 0);
  window.paddingHigh.assign(spatialRank, 0);
  return window;
}

ConvWindow ConvOp::getWindow() {
  ConvWindow window = ConvWindow::unit(getLayout(), getInputType().getRank() - 2);
  auto override = [](SmallVector<int64_t, 3> &values, ArrayRef<int64_t> given) {
    if (!given.empty())
      values.assign(given.begin(), given.end());
  };
  override(window.strides, getStrides());
  override(window.dilations, getDilations());
  override(window.paddingLow, getPaddingLow());
  override(window.paddingHigh, getPaddingHigh());
  window.groups = getGroups();
  return window;
}

/// floor((size + low + high - dilation * (filter - 1) - 1) / stride) + 1, which is 0 or less when the filter
/// is too big.
static int64_t outputSize(int64_t input, int64_t filter, const ConvWindow &window, int64_t dim) {
  if (ShapedType::isDynamic(input) || ShapedType::isDynamic(filter))
    return ShapedType::kDynamic;
  int64_t room =
      input + window.paddingLow[dim] + window.paddingHigh[dim] - window.dilations[dim] * (filter - 1) - 1;
  return room < 0 ? 0 : room / window.strides[dim] + 1;
}

static ConvSizes computeSizes(RankedTensorType input, RankedTensorType filter, const ConvWindow &window) {
  int64_t rank = input.getRank(), channelDim = convChannelDim(window.layout, rank);
  int64_t spatialDim = convSpatialDim(window.layout), spatialRank = rank - 2;
  ConvSizes sizes;
  sizes.batch = input.getDimSize(0);
  sizes.inputChannels = input.getDimSize(channelDim);
  sizes.outputChannels = filter.getDimSize(0);
  sizes.input.assign(input.getShape().begin() + spatialDim,
                     input.getShape().begin() + spatialDim + spatialRank);
  sizes.filter.assign(filter.getShape().begin() + spatialDim,
                      filter.getShape().begin() + spatialDim + spatialRank);
  for (int64_t dim = 0; dim < spatialRank; ++dim)
    sizes.output.push_back(outputSize(sizes.input[dim], sizes.filter[dim], window, dim));
  return sizes;
}

ConvSizes ConvOp::getSizes() { return computeSizes(getInputType(), getFilterType(), getWindow()); }

Type ConvOp::getAccumulatorType() { return accumulatorTypeFor(getInputType().getElementType()); }

RankedTensorType ConvOp::inferResultType(RankedTensorType input, RankedTensorType filter,
                                         Type resultElementType, const ConvWindow &window) {
  ConvSizes sizes = computeSizes(input, filter, window);
  SmallVector<int64_t> shape(input.getShape());
  shape[convChannelDim(window.layout, input.getRank())] = sizes.outputChannels;
  llvm::copy(sizes.output, shape.begin() + convSpatialDim(window.layout));
  return RankedTensorType::get(shape, resultElementType);
}

void ConvOp::build(OpBuilder &builder, OperationState &state, Value input, Value filter,
                   Type resultElementType, const ConvWindow &window) {
  RankedTensorType type =
      inferResultType(tensorTypeOf(input), tensorTypeOf(filter), resultElementType, window);
  build(builder, state, type, input, filter, window.layout, window.strides, window.dilations,
        window.paddingLow, window.paddingHigh, window.groups);
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

static LogicalResult verifyWindow(ConvOp op, int64_t spatialRank) {
  std::pair<StringRef, ArrayRef<int64_t>> lists[] = {{"strides", op.getStrides()},
                                                     {"dilations", op.getDilations()},
                                                     {"padding_low", op.getPaddingLow()},
                                                     {"padding_high", op.getPaddingHigh()}};
  for (auto [name, values] : lists) {
    if (!values.empty() && static_cast<int64_t>(values.size()) != spatialRank)
      return op.emitOpError("C4: expected ") << spatialRank << " values in " << name
                                             << ", one for each spatial dimension, got " << values.size();
    int64_t least = name.starts_with("padding") ? 0 : 1;
    for (int64_t value : values)
      if (value < least)
        return op.emitOpError("C5: expected ") << name << " of at least " << least << ", got " << value;
  }
  if (op.getGroups() < 1)
    return op.emitOpError("C5: expected groups of at least 1, got ") << op.getGroups();
  return success();
}

static LogicalResult verifyChannels(ConvOp op) {
  RankedTensorType filter = op.getFilterType();
  int64_t channelDim = convChannelDim(op.getLayout(), filter.getRank());
  ConvSizes sizes = op.getSizes();
  auto known = [](int64_t size) { return !ShapedType::isDynamic(size) && size >= 1; };
  if (!known(sizes.inputChannels) || !llvm::all_of(filter.getShape(), known))
    return op.emitOpError(
               "C6: expected static channels and a static filter, each size at least 1, got the input ")
           << shapeText(op.getInputType().getShape()) << " and the filter " << shapeText(filter.getShape());
  int64_t groups = op.getGroups();
  if (sizes.inputChannels % groups || sizes.outputChannels % groups)
    return op.emitOpError("C7: expected groups that divide the ")
           << sizes.inputChannels << " input and " << sizes.outputChannels << " output channels, got "
           << groups;
  if (filter.getDimSize(channelDim) != sizes.inputChannels / groups)
    return op.emitOpError("C8: expected ")
           << sizes.inputChannels / groups << " channels in dimension " << channelDim
           << " of the filter, got " << filter.getDimSize(channelDim);
  return success();
}

LogicalResult ConvOp::verify() {
  RankedTensorType input = getInputType(), filter = getFilterType(), result = getResultType();
  int64_t rank = input.getRank();
  if (rank < 3 || rank > 5 || filter.getRank() != rank || result.getRank() != rank)
    return emitOpError("C1: expected one rank from 3 to 5 everywhere, got ")
           << rank << ", " << filter.getRank() << " and " << result.getRank();
  Type element = input.getElementType();
  if (element != filter.getElementType() || !(isFloatElement(element) || element.isSignlessInteger(8)))
    return emitOpError("C2: expected operands of one element type, f32, f16, bf16 or i8, got ")
           << element << " and " << filter.getElementType();
  bool isFloat = isFloatElement(element);
  if (isFloat ? !isFloatElement(result.getElementType()) : !result.getElementType().isSignlessInteger(32))
    return emitOpError("C3: expected a result of ")
           << (isFloat ? "f32, f16 or bf16" : "i32") << " for operands of " << element << ", got "
           << result.getElementType();
  if (failed(verifyWindow(*this, rank - 2)) || failed(verifyChannels(*this)))
    return failure();
  RankedTensorType expected = inferResultType(input, filter, result.getElementType(), getWindow());
  ConvSizes sizes = getSizes();
  if (llvm::is_contained(sizes.output, 0))
    return emitOpError("C9: expected output sizes of at least 1, got ")
           << shapeText(sizes.output) << ": the filter is larger than the padded input";
  bool hidesSize = llvm::any_of(llvm::seq<int64_t>(1, rank), [&](int64_t dim) {
    return expected.isDynamicDim(dim) && !result.isDynamicDim(dim);
  });
  if (hidesSize || !shapesAgree(expected.getShape(), result.getShape()))
    return emitOpError("C9: expected the result shape ")
           << shapeText(expected.getShape()) << ", got " << shapeText(result.getShape());
  return success();
}

SmallVector<SharedSize> ConvOp::getSharedSizes() { return {{{getInput(), 0}, {getResult(), 0}}}; }

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

LogicalResult ConvOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  ConvWindow window = getWindow();
  ConvSizes sizes = getSizes();
  int64_t spatialDim = convSpatialDim(getLayout());
  AffineExpr input = builder.getAffineDimExpr(0);
  auto source = [&](int64_t dim) -> OpFoldResult {
    if (!getResultType().isDynamicDim(dim))
      return builder.getIndexAttr(getResultType().getDimSize(dim));
    OpFoldResult size = tensor::getMixedSize(builder, getLoc(), getInput(), dim);
    if (dim == 0)
      return size;
    int64_t i = dim - spatialDim;
    int64_t margin =
        window.paddingLow[i] + window.paddingHigh[i] - window.dilations[i] * (sizes.filter[i] - 1) - 1;
    return affine::makeComposedFoldedAffineApply(builder, getLoc(),
                                                 (input + margin).floorDiv(window.strides[i]) + 1, {size});
  };
  shapes.assign(1, llvm::map_to_vector(llvm::seq<int64_t>(0, getResultType().getRank()), source));
  return success();
}
