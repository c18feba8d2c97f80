//===-- LowerDepthwise.h - convolutions of single channels ------*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSORTOTILE_LOWERDEPTHWISE_H
#define ASHLAR_LIB_TENSORTOTILE_LOWERDEPTHWISE_H

#include "ashlar/TensorToTile/KernelBuilder.h"

namespace ashlar {

/// A convolution whose groups have one input channel, without a matrix product.
mlir::LogicalResult lowerDepthwise(KernelBuilder &kernel, ash::ConvOp op);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_LOWERDEPTHWISE_H
