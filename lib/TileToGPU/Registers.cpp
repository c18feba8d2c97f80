//===-- Registers.cpp - a thread's share of a tile --------------------------===//
//
// Slicing and joining of register vectors. Whole rows move as vectors, anything else as scalars: the backend keeps
// either in registers, rows only make the IR smaller.
//
//===-----------------------------------------------------------------------===//
#include "Registers.h"
#include "PackedElements.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar::tile;

VectorType ashlar::tile::getRegisterType(RankedTensorType tile) {
  DistributionAttr distribution = getDistributionAttr(tile);
  if (!distribution)
    return {};
  int64_t values = distribution.getDistribution().values();
  int64_t columns = values % 4 == 0 ? 4 : values % 2 == 0 ? 2 : 1;
  return VectorType::get({values / columns, columns}, registerElementType(tile.getElementType()));
}

Value ashlar::tile::sliceVector(OpBuilder &builder, Location loc, Value vector, int64_t first, int64_t count) {
  if (cast<VectorType>(vector.getType()).getNumElements() == count)
    return vector;
  return vector::ExtractStridedSliceOp::create(builder, loc, vector, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{count},
                                               ArrayRef<int64_t>{1});
}

Registers::Registers(OpBuilder &builder, Location loc, Value value)
    : builder(builder), loc(loc), value(value), type(cast<VectorType>(value.getType())), rows(type.getDimSize(0)),
      columns(type.getDimSize(1)) {}

Value Registers::scalar(int64_t index) {
  return vector::ExtractOp::create(builder, loc, value, ArrayRef<int64_t>{index / columns, index % columns});
}

Value Registers::slice(int64_t first, int64_t count) {
  if (first % columns == 0 && count == columns)
    return vector::ExtractOp::create(builder, loc, value, ArrayRef<int64_t>{first / columns});
  if (first / columns == (first + count - 1) / columns) {
    Value row = vector::ExtractOp::create(builder, loc, value, ArrayRef<int64_t>{first / columns});
    return sliceVector(builder, loc, row, first % columns, count);
  }
  SmallVector<Value> scalars;
  for (int64_t i = 0; i < count; ++i)
    scalars.push_back(scalar(first + i));
  return vector::FromElementsOp::create(builder, loc, VectorType::get({count}, elementType()), scalars);
}

/// The elements of `parts` as scalars.
static SmallVector<Value> flatten(OpBuilder &builder, Location loc, ArrayRef<Value> parts) {
  SmallVector<Value> scalars;
  for (Value part : parts) {
    auto vectorType = dyn_cast<VectorType>(part.getType());
    if (!vectorType) {
      scalars.push_back(part);
      continue;
    }
    for (int64_t i = 0; i < vectorType.getNumElements(); ++i)
      scalars.push_back(vector::ExtractOp::create(builder, loc, part, ArrayRef<int64_t>{i}));
  }
  return scalars;
}

Value Registers::join(OpBuilder &builder, Location loc, VectorType type, ArrayRef<Value> parts) {
  auto rowType = VectorType::get({type.getDimSize(1)}, type.getElementType());
  bool wholeRows = llvm::all_of(parts, [&](Value part) { return part.getType() == rowType; });
  if (!wholeRows)
    return vector::FromElementsOp::create(builder, loc, type, flatten(builder, loc, parts));
  Value result = ub::PoisonOp::create(builder, loc, type);
  for (auto [row, part] : llvm::enumerate(parts))
    result = vector::InsertOp::create(builder, loc, part, result, ArrayRef<int64_t>{static_cast<int64_t>(row)});
  return result;
}
