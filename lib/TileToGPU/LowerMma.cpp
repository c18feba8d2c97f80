//===-- LowerMma.cpp - matrix products --------------------------------------===//
//
// mma_sync: one instruction for every 16x8xK atom of a warp's share; operand and accumulator registers are found by
// their coordinates, so the order in which a distribution holds the atoms does not matter. fma: an outer product of
// registers for every k.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <map>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// From the coordinate of an element, relative to the thread's first one, to the register that holds it.
class RegisterIndex {
public:
  explicit RegisterIndex(const layout::Distribution &distribution) {
    for (int64_t value = 0; value < distribution.values(); ++value)
      registers[distribution.valueOffsets(value, 2)] = value;
  }
  std::optional<int64_t> find(int64_t row, int64_t column) const {
    auto entry = registers.find({row, column});
    return entry == registers.end() ? std::nullopt : std::optional(entry->second);
  }

private:
  std::map<std::vector<int64_t>, int64_t> registers;
};

/// The three tiles of a product in one thread.
struct Operands {
  Registers a, b, c;
  layout::Distribution aDistribution, bDistribution, cDistribution;
  RegisterIndex aIndex, bIndex;

  Operands(OpBuilder &builder, MmaOp op, MmaOp::Adaptor adaptor)
      : a(builder, op.getLoc(), adaptor.getA()), b(builder, op.getLoc(), adaptor.getB()),
        c(builder, op.getLoc(), adaptor.getAccumulator()), aDistribution(distributionOf(op.getA())),
        bDistribution(distributionOf(op.getB())), cDistribution(distributionOf(op.getAccumulator())),
        aIndex(aDistribution), bIndex(bDistribution) {}

  /// Whether every thread's (or warp's: `stride` 32) rows of A and columns of B are those of its accumulator.
  bool agree(int64_t stride) const {
    for (int64_t thread = 0; thread < cDistribution.threads(); thread += stride) {
      std::vector<int64_t> at = cDistribution.coordinate(thread, 0, 2);
      if (aDistribution.coordinate(thread, 0, 2)[0] != at[0] || bDistribution.coordinate(thread, 0, 2)[1] != at[1])
        return false;
    }
    return true;
  }
};

struct LowerMmaSync : OpConversionPattern<MmaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(MmaOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    if (op.getKind() != MmaKind::MmaSync)
      return rewriter.notifyMatchFailure(op, "not by mma.sync");
    Operands operands(rewriter, op, adaptor);
    if (!operands.agree(32))
      return op.emitOpError("the distributions of operands and accumulator do not belong together");
    auto a = cast<RankedTensorType>(op.getA().getType());
    int64_t depth = 256 / a.getElementTypeBitWidth();
    SmallVector<Value> rows;
    for (int64_t first = 0; first < operands.c.size(); first += 4) {
      Value sum = operands.c.slice(first, 4);
      std::vector<int64_t> at = operands.cDistribution.valueOffsets(first, 2);
      for (int64_t k = 0; k < a.getDimSize(1); k += depth) {
        std::optional<int64_t> aFirst = operands.aIndex.find(at[0], k), bFirst = operands.bIndex.find(k, at[1]);
        if (!aFirst || !bFirst)
          return op.emitOpError("an operand's distribution is not the fragment of mma.sync");
        sum = emit(rewriter, op, fragment(operands.a, *aFirst, 4), fragment(operands.b, *bFirst, 2), sum);
      }
      rows.push_back(sum);
    }
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    rewriter.replaceOp(op, Registers::join(rewriter, op.getLoc(), type, rows));
    return success();
  }

private:
  /// The `words` 32-bit registers of a fragment: pairs of f16, else i32.
  static SmallVector<Value> fragment(Registers &registers, int64_t first, int64_t words) {
    Type element = registers.elementType();
    int64_t packed = 32 / element.getIntOrFloatBitWidth();
    SmallVector<Value> result;
    for (int64_t word = 0; word < words; ++word)
      result.push_back(registers.slice(first + word * packed, packed));
    return result;
  }

  static Value emit(ConversionPatternRewriter &rewriter, MmaOp op, SmallVector<Value> a, SmallVector<Value> b,
                    Value sum) {
    Location loc = op.getLoc();
    auto sumType = cast<VectorType>(sum.getType());
    Type element = sumType.getElementType(), operandElement = getElementTypeOrSelf(a.front().getType());
    if (!operandElement.isF16())
      for (Value &word : llvm::concat<Value>(a, b))
        word = vector::ExtractOp::create(
            rewriter, loc,
            vector::BitCastOp::create(rewriter, loc, VectorType::get({1}, rewriter.getI32Type()), word),
            ArrayRef<int64_t>{0});
    SmallVector<Value> c;
    for (int64_t i = 0; i < 4; ++i)
      c.push_back(vector::ExtractOp::create(rewriter, loc, sum, ArrayRef<int64_t>{i}));
    auto types = multiplicandTypes(operandElement, op);
    std::optional<NVVM::MMAIntOverflow> overflow;
    if (operandElement.isInteger())
      overflow = NVVM::MMAIntOverflow::wrapped;
    auto resultType = LLVM::LLVMStructType::getLiteral(op.getContext(), SmallVector<Type>(4, element));
    int64_t depth = 256 / operandElement.getIntOrFloatBitWidth();
    Value result = NVVM::MmaOp::create(rewriter, loc, resultType, a, b, c, ArrayRef<int64_t>{16, 8, depth},
                                       std::nullopt, overflow, types,
                                       std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    SmallVector<Value> elements;
    for (int64_t i = 0; i < 4; ++i)
      elements.push_back(LLVM::ExtractValueOp::create(rewriter, loc, result, ArrayRef<int64_t>{i}));
    return vector::FromElementsOp::create(rewriter, loc, sumType, elements);
  }

  static std::array<NVVM::MMATypes, 2> multiplicandTypes(Type element, MmaOp op) {
    auto both = [](NVVM::MMATypes type) { return std::array{type, type}; };
    if (element.isF16())
      return both(NVVM::MMATypes::f16);
    if (element.isBF16())
      return both(NVVM::MMATypes::bf16);
    if (element.isF32())
      return both(NVVM::MMATypes::tf32);
    return {op.getUnsignedA() ? NVVM::MMATypes::u8 : NVVM::MMATypes::s8,
            op.getUnsignedB() ? NVVM::MMATypes::u8 : NVVM::MMATypes::s8};
  }
};

struct LowerFma : OpConversionPattern<MmaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(MmaOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    if (op.getKind() != MmaKind::Fma)
      return rewriter.notifyMatchFailure(op, "not by fused multiply-adds");
    Operands operands(rewriter, op, adaptor);
    if (!operands.agree(1))
      return op.emitOpError("the distributions of operands and accumulator do not belong together");
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    int64_t width = type.getDimSize(1), depth = cast<RankedTensorType>(op.getA().getType()).getDimSize(1);
    if (operands.cDistribution.contiguousValues(1) % width != 0 || operands.bDistribution.contiguousValues(1) % width)
      width = 1;
    SmallVector<Value> rows;
    for (int64_t first = 0; first < operands.c.size(); first += width) {
      Value sum = operands.c.slice(first, width);
      std::vector<int64_t> at = operands.cDistribution.valueOffsets(first, 2);
      for (int64_t k = 0; k < depth; ++k) {
        std::optional<int64_t> aAt = operands.aIndex.find(at[0], k), bAt = operands.bIndex.find(k, at[1]);
        if (!aAt || !bAt)
          return op.emitOpError("an operand's distribution does not hold the row and column of each accumulator");
        sum = multiplyAdd(rewriter, op, operands.a.scalar(*aAt), operands.b.slice(*bAt, width), sum);
      }
      rows.push_back(sum);
    }
    rewriter.replaceOp(op, Registers::join(rewriter, op.getLoc(), type, rows));
    return success();
  }

private:
  static Value multiplyAdd(OpBuilder &builder, MmaOp op, Value a, Value b, Value sum) {
    Location loc = op.getLoc();
    auto sumType = cast<VectorType>(sum.getType());
    Value splat = vector::BroadcastOp::create(builder, loc, b.getType(), a);
    if (isa<FloatType>(sumType.getElementType()))
      return math::FmaOp::create(builder, loc, widen(builder, loc, splat, sumType), widen(builder, loc, b, sumType),
                                 sum);
    auto extend = [&](Value value, bool isUnsigned) -> Value {
      return isUnsigned ? Value(arith::ExtUIOp::create(builder, loc, sumType, value))
                        : Value(arith::ExtSIOp::create(builder, loc, sumType, value));
    };
    Value product = arith::MulIOp::create(builder, loc, extend(splat, op.getUnsignedA()),
                                          extend(b, op.getUnsignedB()));
    return arith::AddIOp::create(builder, loc, product, sum);
  }

  static Value widen(OpBuilder &builder, Location loc, Value value, VectorType type) {
    return value.getType() == type ? value : Value(arith::ExtFOp::create(builder, loc, type, value));
  }
};

} // namespace

void ashlar::tile::populateMmaPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerMmaSync, LowerFma>(converter, patterns.getContext());
}
