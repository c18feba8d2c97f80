//===-- KernelBuilder.cpp - the frame of a tile kernel ----------------------===//
//
// Arguments, extents, the grid and the launch. Views and accesses are in KernelViews.cpp.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/KernelBuilder.h"
#include "IndexArithmetic.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;
using namespace ashlar;

//===-- Tile spaces -----------------------------------------------------------===//

AffineExpr TileSpace::dim(unsigned i) const { return getAffineDimExpr(i, dims[i].extent.getContext()); }
AffineExpr TileSpace::symbol(unsigned i) const { return getAffineSymbolExpr(i, symbols[i].getContext()); }

AffineMap TileSpace::map(ArrayRef<AffineExpr> coordinates, MLIRContext *context) const {
  return AffineMap::get(dims.size(), symbols.size(), coordinates, context);
}

SmallVector<int64_t> TileSpace::tileShape() const {
  return llvm::map_to_vector(dims, [](const TileDim &dim) { return dim.size; });
}

//===-- Shapes of buffers -----------------------------------------------------===//

/// The last dynamic dimension, or 0: dimensions up to it become one.
static int64_t lastCollapsedDim(RankedTensorType type) {
  for (int64_t dim = type.getRank() - 1; dim > 0; --dim)
    if (type.isDynamicDim(dim))
      return dim;
  return 0;
}

/// The same for a result. Rows of an odd number of four-bit elements do not start at bytes, so such a result
/// is stored as one row.
static int64_t lastCollapsedResultDim(RankedTensorType type) {
  bool tearsBytes = type.getRank() > 0 && type.hasStaticShape() && type.getElementType().isInteger(4) &&
                    type.getShape().back() % 2 != 0;
  return tearsBytes ? type.getRank() - 1 : lastCollapsedDim(type);
}

/// The tensor as a buffer shows it, its dimensions up to `last` as one: of dynamic ones only the first is
/// left.
static RankedTensorType collapsedType(RankedTensorType type, int64_t last) {
  if (last == 0)
    return type;
  int64_t rows = type.hasStaticShape() ? 1 : ShapedType::kDynamic;
  for (int64_t dim = 0; dim <= last && rows >= 0; ++dim)
    rows *= type.getDimSize(dim);
  SmallVector<int64_t> shape = {rows};
  llvm::append_range(shape, type.getShape().drop_front(last + 1));
  return RankedTensorType::get(shape, type.getElementType());
}

static SmallVector<ReassociationIndices> collapsing(RankedTensorType type, int64_t last) {
  SmallVector<ReassociationIndices> groups(1, llvm::to_vector<2>(llvm::seq<int64_t>(0, last + 1)));
  for (int64_t dim = last + 1; dim < type.getRank(); ++dim)
    groups.push_back({dim});
  return groups;
}

//===-- Creation --------------------------------------------------------------===//

/// A dynamic dimension of a tensor outside of kernels. What an earlier launch makes is asked for what it was
/// made from, so that sizes are functions of the function's arguments.
static Value hostDimension(OpBuilder &host, Location loc, Value tensor, int64_t dim) {
  if (auto launch = tensor.getDefiningOp<tile::LaunchOp>()) {
    unsigned number = 0;
    for (OpResult result : launch->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      if (result == tensor)
        return launch.getResultDimensions()[number + type.getDynamicDimIndex(dim)];
      number += type.getNumDynamicDims();
    }
  }
  if (auto expand = tensor.getDefiningOp<tensor::ExpandShapeOp>())
    if (auto size = dyn_cast<Value>(expand.getMixedOutputShape()[dim]))
      return size;
  return tensor::DimOp::create(host, loc, tensor, dim);
}

AffineExpr KernelBuilder::addDimension(Value hostIndex) {
  for (auto [number, known] : llvm::enumerate(hostDimensions_)) {
    auto a = known.getDefiningOp<tensor::DimOp>(), b = hostIndex.getDefiningOp<tensor::DimOp>();
    if (known == hostIndex || (a && b && a.getSource() == b.getSource() && a.getConstantIndex() &&
                               a.getConstantIndex() == b.getConstantIndex()))
      return getAffineSymbolExpr(number, context());
  }
  hostDimensions_.push_back(hostIndex);
  return getAffineSymbolExpr(hostDimensions_.size() - 1, context());
}

/// Numbers the runtime dimensions and finds the extents of inputs and results.
LogicalResult KernelBuilder::collectDimensions() {
  OpBuilder host(source_);
  for (auto [input, argument] : llvm::zip(source_.getInputs(), source_.getBlock()->getArguments())) {
    if (isa<IndexType>(input.getType())) {
      indexInputs_[argument] = addDimension(input);
      continue;
    }
    auto type = dyn_cast<RankedTensorType>(input.getType());
    if (!type)
      return source_.emitOpError("has an input of type ")
             << input.getType() << ", which a kernel cannot take; pass it as a tensor of rank 0";
    if (!type.getElementType().isIntOrFloat())
      return source_.emitOpError("has an input of type ") << type << "; kernels take integers and floats";
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      inputExtents_[{argument, dim}] = type.isDynamicDim(dim)
                                           ? addDimension(hostDimension(host, source_.getLoc(), input, dim))
                                           : constant(type.getDimSize(dim));
  }
  for (Value value : source_.getYield().getValues()) {
    FailureOr<SmallVector<AffineExpr>> found = extents(value);
    if (failed(found))
      return failure();
    resultExtents_.push_back(std::move(*found));
  }
  return success();
}

KernelBuilder::Binding KernelBuilder::bind(Value argument, ArrayRef<AffineExpr> shape) {
  int64_t collapsed = shape.size() - cast<tile::BufferType>(argument.getType()).getRank();
  SmallVector<AffineExpr> coordinates;
  for (size_t i = 0; i < shape.size(); ++i) {
    AffineExpr coordinate = getAffineDimExpr(i, context());
    if (i > 0 && static_cast<int64_t>(i) <= collapsed)
      coordinates.back() = coordinates.back() * shape[i] + coordinate;
    else
      coordinates.push_back(coordinate);
  }
  return {argument, AffineMap::get(shape.size(), hostDimensions_.size(), coordinates, context())};
}

KernelBuilder::Binding KernelBuilder::bindElements(Value buffer, Type element) {
  auto type = cast<tile::BufferType>(buffer.getType());
  auto identity = AffineMap::get(1, hostDimensions_.size(), getAffineDimExpr(0, context()));
  if (type.getElementType() == element)
    return {buffer, identity};
  int64_t ratio = type.getElementType().getIntOrFloatBitWidth() / element.getIntOrFloatBitWidth();
  auto narrow = tile::BufferType::get(type.getShape()[0] * ratio, element, tile::MemorySpace::Global);
  return {tile::BitcastOp::create(builder_, source_.getLoc(), narrow, buffer), identity};
}

void KernelBuilder::bindUnpacked(ash::UnpackOp unpack) {
  auto packed = buffers_.find(unpack.getInput());
  if (packed == buffers_.end()) // Whoever reads the result will say so.
    return;
  auto type = cast<RankedTensorType>(unpack.getType());
  Binding elements = bindElements(packed->second.buffer, type.getElementType());
  packed_[unpack.getResult()] = elements;
  elements.map = elements.map.compose(unpack.getPacking().getPackedMap(type.getShape()));
  buffers_[unpack.getResult()] = elements;
}

/// The wish for a name as PTX can spell it.
static std::string symbolFor(StringRef wish) {
  std::string symbol = wish.str();
  std::ranges::replace_if(symbol, [](char c) { return !llvm::isAlnum(c); }, '_');
  return !symbol.empty() && llvm::isAlpha(symbol.front()) ? symbol : "kernel_" + symbol;
}

FailureOr<KernelBuilder> KernelBuilder::create(ash::KernelOp source, SymbolTable &symbols,
                                               StringRef defaultName) {
  KernelBuilder result(source);
  if (failed(result.collectDimensions()) || failed(result.collectRequirements()))
    return failure();
  SmallVector<Type> arguments;
  auto emitUnfit = [&] { return source.emitOpError("has a tensor that no buffer can be: "); };
  auto addBuffer = [&](RankedTensorType tensor) {
    arguments.push_back(tile::BufferType::getChecked(emitUnfit, source.getContext(), tensor.getShape(),
                                                     tensor.getElementType(), tile::MemorySpace::Global,
                                                     tile::BufferLayoutAttr()));
    return arguments.back() ? success() : failure();
  };
  Block::BlockArgListType inputs = source.getBlock()->getArguments();
  SmallVector<BlockArgument> tensors(
      llvm::make_filter_range(inputs, [](BlockArgument a) { return isa<RankedTensorType>(a.getType()); }));
  for (BlockArgument tensor : tensors) {
    auto type = cast<RankedTensorType>(tensor.getType());
    if (failed(addBuffer(collapsedType(type, lastCollapsedDim(type)))))
      return failure();
  }
  for (Type result : source.getResultTypes()) {
    auto type = cast<RankedTensorType>(result);
    if (failed(addBuffer(collapsedType(type, lastCollapsedResultDim(type)))))
      return failure();
  }
  arguments.append(result.hostDimensions_.size(), IndexType::get(source.getContext()));

  Operation *function = source->getParentOp();
  while (function->getParentOp() != symbols.getOp())
    function = function->getParentOp();
  OpBuilder module(function);
  AffineMap noGrid = AffineMap::get(0, result.hostDimensions_.size(),
                                    SmallVector<AffineExpr>(3, result.constant(1)), source.getContext());
  FailureOr<int64_t> threads = result.scheduleNumber("threads");
  if (failed(threads))
    return failure();
  result.kernel_ =
      tile::KernelOp::create(module, source.getLoc(), symbolFor(source.getKernelName().value_or(defaultName)),
                             arguments, noGrid, *threads, cast<DictionaryAttr>(*source.getSchedule()));
  symbols.insert(result.kernel_, Block::iterator(function));
  result.builder_.setInsertionPointToEnd(&result.kernel_.getBody().front());

  Block::BlockArgListType buffers = result.kernel_.getBufferArguments();
  for (auto [tensor, buffer] : llvm::zip(tensors, buffers)) {
    SmallVector<AffineExpr> shape;
    for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim)
      shape.push_back(result.inputExtents_[{tensor, dim}]);
    result.buffers_[tensor] = result.bind(buffer, shape);
  }
  for (auto unpack : source.getBlock()->getOps<ash::UnpackOp>())
    result.bindUnpacked(unpack);
  for (auto [value, shape, buffer] :
       llvm::zip(source.getYield().getValues(), result.resultExtents_, buffers.drop_front(tensors.size())))
    if (auto pack = value.getDefiningOp<ash::PackOp>())
      result.results_.push_back(result.bindElements(buffer, getElementTypeOrSelf(pack.getInput())));
    else
      result.results_.push_back(result.bind(buffer, shape));
  return result;
}

//===-- The schedule ----------------------------------------------------------===//

/// No sensible entry is larger, and lowerings may unroll up to it.
static constexpr int64_t maxScheduleNumber = 1 << 16;

static bool isScheduleNumber(Attribute entry) {
  auto number = dyn_cast_or_null<IntegerAttr>(entry);
  return number && number.getInt() > 0 && number.getInt() <= maxScheduleNumber;
}

static Attribute scheduleEntry(ash::KernelOp source, StringRef name) {
  auto schedule = dyn_cast_or_null<DictionaryAttr>(source.getSchedule().value_or(Attribute()));
  return schedule ? schedule.get(name) : Attribute();
}

static InFlightDiagnostic emitScheduleError(ash::KernelOp source, StringRef name, StringRef form) {
  return source.emitOpError("needs a schedule with the entry '")
         << name << "', " << form << "; run ashlar-tensor-assign-schedules or write it";
}

FailureOr<SmallVector<int64_t>> KernelBuilder::scheduleList(StringRef name, size_t length) {
  SmallVector<int64_t> list;
  auto array = dyn_cast_or_null<ArrayAttr>(scheduleEntry(source_, name));
  for (Attribute entry : array ? array.getValue() : ArrayRef<Attribute>())
    if (isScheduleNumber(entry))
      list.push_back(cast<IntegerAttr>(entry).getInt());
  if (!array || list.size() != array.size() || list.size() != length)
    return emitScheduleError(source_, name, "a list of numbers in [1, 65536]")
               << " (expected " << length << ")",
           failure();
  return list;
}

FailureOr<int64_t> KernelBuilder::scheduleListLength(StringRef name) {
  if (auto array = dyn_cast_or_null<ArrayAttr>(scheduleEntry(source_, name)))
    return array.size();
  return emitScheduleError(source_, name, "a list of numbers in [1, 65536]"), failure();
}

FailureOr<int64_t> KernelBuilder::scheduleNumber(StringRef name) {
  if (Attribute entry = scheduleEntry(source_, name); isScheduleNumber(entry))
    return cast<IntegerAttr>(entry).getInt();
  emitScheduleError(source_, name, "a number in [1, 65536]");
  return failure();
}

FailureOr<StringRef> KernelBuilder::scheduleWord(StringRef name) {
  if (auto word = dyn_cast_or_null<StringAttr>(scheduleEntry(source_, name)))
    return word.getValue();
  emitScheduleError(source_, name, "a string");
  return failure();
}

//===-- Extents ---------------------------------------------------------------===//

static InFlightDiagnostic emitUnknownExtent(Value value) {
  return emitError(value.getLoc())
         << "cannot express a size of the kernel through the shapes of its inputs; compute it outside of the "
            "kernel and pass it as an index input";
}

FailureOr<AffineExpr> KernelBuilder::extentOfIndex(Value index) {
  APInt number;
  if (matchPattern(index, m_ConstantInt(&number)))
    return constant(number.getSExtValue());
  if (auto found = indexInputs_.find(index); found != indexInputs_.end())
    return found->second;
  Operation *op = index.getDefiningOp();
  if (auto dim = dyn_cast_or_null<tensor::DimOp>(op); dim && dim.getConstantIndex())
    return extent(dim.getSource(), *dim.getConstantIndex());
  if (!isa_and_nonnull<affine::AffineApplyOp, arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::DivSIOp,
                       arith::DivUIOp, arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    return emitUnknownExtent(index), failure();
  SmallVector<AffineExpr> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<AffineExpr> expression = extentOfIndex(operand);
    if (failed(expression))
      return failure();
    operands.push_back(*expression);
  }
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case([&](affine::AffineApplyOp apply) {
        unsigned dims = apply.getMap().getNumDims();
        ArrayRef<AffineExpr> all = operands;
        return apply.getMap().getResult(0).replaceDimsAndSymbols(all.take_front(dims), all.drop_front(dims));
      })
      .Case([&](arith::AddIOp) { return operands[0] + operands[1]; })
      .Case([&](arith::SubIOp) { return operands[0] - operands[1]; })
      .Case([&](arith::MulIOp) { return operands[0] * operands[1]; })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) { return operands[0].ceilDiv(operands[1]); })
      .Default([&](Operation *) { return operands[0].floorDiv(operands[1]); });
}

FailureOr<AffineExpr> KernelBuilder::extentOfResult(OpResult result, int64_t dim) {
  Operation *op = result.getOwner();
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return extent(destination.getTiedOpOperand(result)->get(), dim);
  if (OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        return extent(operand, dim);
  if (auto reifiable = dyn_cast<ReifyRankedShapedTypeOpInterface>(op)) {
    OpBuilder region(op);
    ReifiedRankedShapedTypeDims shapes;
    if (succeeded(reifiable.reifyResultShapes(region, shapes))) {
      OpFoldResult size = shapes[result.getResultNumber()][dim];
      if (auto number = getConstantIntValue(size))
        return constant(*number);
      return extentOfIndex(cast<Value>(size));
    }
  }
  return emitUnknownExtent(result), failure();
}

FailureOr<AffineExpr> KernelBuilder::extent(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (dim < 0 || dim >= type.getRank()) // A tensor.dim may ask for anything.
    return emitUnknownExtent(tensor), failure();
  if (!type.isDynamicDim(dim))
    return constant(type.getDimSize(dim));
  if (auto found = inputExtents_.find({tensor, dim}); found != inputExtents_.end())
    return found->second;
  return extentOfResult(cast<OpResult>(tensor), dim);
}

FailureOr<SmallVector<AffineExpr>> KernelBuilder::extents(Value tensor) {
  SmallVector<AffineExpr> all;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim) {
    FailureOr<AffineExpr> one = extent(tensor, dim);
    if (failed(one))
      return failure();
    all.push_back(*one);
  }
  return all;
}

Value KernelBuilder::constantIndex(int64_t value) {
  return arith::ConstantIndexOp::create(builder_, source_.getLoc(), value);
}

Value KernelBuilder::materialize(AffineExpr extent) {
  SmallVector<Value> dimensions(kernel_.getDimensionArguments());
  return expandIndexExpression(builder_, source_.getLoc(), extent, {}, dimensions);
}

bool KernelBuilder::isTiledExactly(AffineExpr extent, int64_t size) { return extent.isMultipleOf(size); }

//===-- The grid --------------------------------------------------------------===//

SmallVector<Value> KernelBuilder::distributeBlocks(ArrayRef<AffineExpr> counts) {
  AffineExpr blocks = constant(1);
  for (AffineExpr count : counts)
    blocks = blocks * count;
  kernel_.setGrid(AffineMap::get(0, hostDimensions_.size(), {blocks, constant(1), constant(1)}, context()));

  Location loc = source_.getLoc();
  Value rest = tile::BlockIdOp::create(builder_, loc, tile::Dimension::x);
  if (scheduleEntry(source_, "persistent")) {
    // As many blocks as run at once walk over the grid.
    Value step = tile::BlockCountOp::create(builder_, loc, tile::Dimension::x);
    auto loop = scf::ForOp::create(builder_, loc, rest, materialize(blocks), step);
    builder_.setInsertionPointToStart(loop.getBody());
    rest = loop.getInductionVar();
  }
  SmallVector<Value> indices(counts.size());
  // The first count that is not 1 takes what is left, so it needs no remainder.
  size_t first =
      llvm::find_if(counts, [&](AffineExpr count) { return count != constant(1); }) - counts.begin();
  for (size_t i = counts.size(); i-- > 0;) {
    if (counts[i] == constant(1)) {
      indices[i] = constantIndex(0);
    } else if (i == first) {
      indices[i] = rest;
    } else {
      Value count = materialize(counts[i]);
      indices[i] = arith::RemUIOp::create(builder_, loc, rest, count);
      rest = arith::DivUIOp::create(builder_, loc, rest, count);
    }
  }
  return indices;
}

TileDim KernelBuilder::tileDim(Value index, int64_t size, AffineExpr extent) {
  Value offset = builder_.createOrFold<arith::MulIOp>(source_.getLoc(), index, constantIndex(size));
  return {size, offset, extent, isTiledExactly(extent, size)};
}

//===-- The launch ------------------------------------------------------------===//

void KernelBuilder::finish() {
  builder_.setInsertionPointToEnd(&kernel_.getBody().front());
  tile::ReturnOp::create(builder_, source_.getLoc());
  OpBuilder host(source_);
  Location loc = source_.getLoc();
  auto hostExtent = [&](AffineExpr extent) -> OpFoldResult {
    if (auto number = dyn_cast<AffineConstantExpr>(extent))
      return host.getIndexAttr(number.getValue());
    return expandIndexExpression(host, loc, extent, {}, hostDimensions_);
  };
  SmallVector<Value> inputs, resultDimensions;
  for (Value input : source_.getInputs()) {
    auto type = dyn_cast<RankedTensorType>(input.getType());
    if (!type)
      continue;
    if (int64_t last = lastCollapsedDim(type))
      inputs.push_back(tensor::CollapseShapeOp::create(host, loc, collapsedType(type, last), input,
                                                       collapsing(type, last)));
    else
      inputs.push_back(input);
  }
  SmallVector<Type> resultTypes;
  for (auto [result, extents] : llvm::zip(source_.getResults(), resultExtents_)) {
    auto type = cast<RankedTensorType>(result.getType());
    resultTypes.push_back(collapsedType(type, lastCollapsedResultDim(type)));
    if (type.hasStaticShape())
      continue;
    AffineExpr rows = constant(1);
    for (int64_t dim = 0; dim <= lastCollapsedDim(type); ++dim)
      rows = rows * extents[dim];
    resultDimensions.push_back(getValueOrCreateConstantIndexOp(host, loc, hostExtent(rows)));
  }
  auto launch =
      tile::LaunchOp::create(host, loc, resultTypes, FlatSymbolRefAttr::get(kernel_.getSymNameAttr()), inputs,
                             hostDimensions_, resultDimensions, host.getArrayAttr({}),
                             requirements_ ? IntegerSetAttr::get(requirements_) : IntegerSetAttr());
  for (auto [result, launched, extents] :
       llvm::zip(source_.getResults(), launch.getResults(), resultExtents_)) {
    auto type = cast<RankedTensorType>(result.getType());
    Value replacement = launched;
    if (int64_t last = lastCollapsedResultDim(type))
      replacement = tensor::ExpandShapeOp::create(host, loc, type, launched, collapsing(type, last),
                                                  llvm::map_to_vector(extents, hostExtent));
    result.replaceAllUsesWith(replacement);
  }
  source_.erase();
}
