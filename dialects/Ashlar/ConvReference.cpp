//===-- ConvReference.cpp - What convolution computes ---------------------===//
//
// The decomposition of ashlar.conv: both layouts meet in channels-last form, with the groups as a dimension
// of their own, so that the innermost loop runs over output channels.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/ReferenceBuilder.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

/// The position in `layout` of each dimension of [N, S..., C].
static SmallVector<int64_t> channelsLastOrder(ConvLayout layout, int64_t rank) {
  SmallVector<int64_t> order = {0};
  llvm::append_range(order, llvm::seq<int64_t>(convSpatialDim(layout), convSpatialDim(layout) + rank - 2));
  order.push_back(convChannelDim(layout, rank));
  return order;
}

/// The input as [N, S..., C], within the zeros that the padding adds.
static Value prepareInput(ReferenceBuilder &builder, ConvOp op, const ConvWindow &window) {
  int64_t rank = op.getInputType().getRank();
  SmallVector<int64_t> order = channelsLastOrder(window.layout, rank);
  Type elementType = op.getInputType().getElementType();
  Value input = op.getInput();
  TensorSizes sizes = llvm::map_to_vector(order, [&](int64_t dim) { return builder.size(input, dim); });
  if (window.layout == ConvLayout::ChannelsFirst) {
    SmallVector<AffineExpr> source(rank);
    for (auto [dim, position] : llvm::enumerate(order))
      source[position] = builder.dim(dim);
    input = builder.compute(sizes, elementType, {{input, builder.map(rank, source)}},
                            [](ValueRange values) { return values[0]; });
  }
  auto isZero = [](int64_t value) { return value == 0; };
  if (llvm::all_of(window.paddingLow, isZero) && llvm::all_of(window.paddingHigh, isZero))
    return input;
  TensorSizes padded = sizes, offsets(rank, builder.getIndexAttr(0));
  for (int64_t dim = 0; dim < rank - 2; ++dim) {
    int64_t low = window.paddingLow[dim], high = window.paddingHigh[dim];
    offsets[dim + 1] = builder.getIndexAttr(low);
    padded[dim + 1] = affine::makeComposedFoldedAffineApply(builder, builder.getLoc(),
                                                            builder.dim(0) + (low + high), {sizes[dim + 1]});
  }
  return builder.insert(input, builder.filled(padded, elementType, 0), offsets, sizes);
}

/// The filter as [S..., C / g, g, K / g] in the type of the sums.
static Value prepareFilter(ReferenceBuilder &builder, ConvOp op, const ConvWindow &window) {
  int64_t rank = op.getFilterType().getRank(), spatialRank = rank - 2;
  ConvSizes sizes = op.getSizes();
  int64_t groupOutputs = sizes.outputChannels / window.groups;
  TensorSizes prepared = getAsIndexOpFoldResult(builder.getContext(), sizes.filter);
  for (int64_t size : {sizes.inputChannels / window.groups, window.groups, groupOutputs})
    prepared.push_back(builder.getIndexAttr(size));

  SmallVector<AffineExpr> source(rank);
  source[0] = builder.dim(spatialRank + 1) * groupOutputs + builder.dim(spatialRank + 2);
  source[convChannelDim(window.layout, rank)] = builder.dim(spatialRank);
  for (int64_t dim = 0; dim < spatialRank; ++dim)
    source[convSpatialDim(window.layout) + dim] = builder.dim(dim);
  Type type = op.getAccumulatorType();
  return builder.compute(prepared, type, {{op.getFilter(), builder.map(rank + 1, source)}},
                         [&](ValueRange values) { return builder.convert(values[0], type); });
}

/// The sums as [N, S..., K]. Loops: n, output position, filter position, input channel, group, output
/// channel.
static Value convolve(ReferenceBuilder &builder, ConvOp op, const ConvWindow &window,
                      const TensorSizes &outputSizes) {
  int64_t spatialRank = op.getInputType().getRank() - 2, loops = 2 * spatialRank + 4;
  ConvSizes sizes = op.getSizes();
  AffineExpr n = builder.dim(0), c = builder.dim(loops - 3), group = builder.dim(loops - 2),
             k = builder.dim(loops - 1);
  SmallVector<AffineExpr> input = {n}, filter, result = {n};
  TensorSizes resultSizes = {builder.size(op.getInput(), 0)};
  for (int64_t dim = 0; dim < spatialRank; ++dim) {
    AffineExpr o = builder.dim(1 + dim), r = builder.dim(1 + spatialRank + dim);
    input.push_back(o * window.strides[dim] + r * window.dilations[dim]);
    filter.push_back(r);
    result.push_back(o);
    resultSizes.push_back(outputSizes[convSpatialDim(window.layout) + dim]);
  }
  input.push_back(group * (sizes.inputChannels / window.groups) + c);
  filter.append({c, group, k});
  result.append({group, k});
  resultSizes.push_back(builder.getIndexAttr(window.groups));
  resultSizes.push_back(builder.getIndexAttr(sizes.outputChannels / window.groups));

  Value sums = builder.contract(resultSizes, builder.map(loops, result),
                                {prepareInput(builder, op, window), builder.map(loops, input)},
                                {prepareFilter(builder, op, window), builder.map(loops, filter)});
  SmallVector<ReassociationIndices> channels;
  for (int64_t dim = 0; dim <= spatialRank; ++dim)
    channels.push_back({dim});
  channels.push_back({spatialRank + 1, spatialRank + 2});
  return tensor::CollapseShapeOp::create(builder, sums, channels);
}

FailureOr<SmallVector<Value>> ConvOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  ConvWindow window = getWindow();
  ReifiedRankedShapedTypeDims shapes;
  if (failed(reifyResultShapes(builder, shapes)))
    return failure();
  Value sums = convolve(builder, *this, window, shapes[0]);
  int64_t rank = getResultType().getRank();
  auto source = llvm::map_to_vector(channelsLastOrder(window.layout, rank),
                                    [&](int64_t dim) { return builder.dim(dim); });
  Type elementType = getResultType().getElementType();
  Value result = builder.compute(shapes[0], elementType, {{sums, builder.map(rank, source)}},
                                 [&](ValueRange values) { return builder.convert(values[0], elementType); });
  return SmallVector<Value>{builder.as(result, getType())};
}
