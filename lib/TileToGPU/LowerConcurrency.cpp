//===-- LowerConcurrency.cpp - roles and memory barriers --------------------===//
//
// A role becomes a branch that its threads take; memory barriers become mbarrier instructions of the threads
// that the role says.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// On a tile.barrier inside of a role: the named barrier and its number of threads. On a tile.mbarrier_arrive:
/// that one thread executes it.
static constexpr StringLiteral barrierIdName = "ashlar.barrier_id", barrierThreadsName = "ashlar.barrier_threads",
                               singleThreadName = "ashlar.single_thread";

void ashlar::tile::annotateRoles(KernelOp kernel) {
  Builder builder(kernel.getContext());
  int64_t id = 0;
  for (auto role : kernel.getBody().getOps<RoleOp>()) {
    ++id; // Barrier 0 is the block's.
    role.walk([&](Operation *op) {
      if (isa<BarrierOp>(op)) {
        op->setAttr(barrierIdName, builder.getI64IntegerAttr(id));
        op->setAttr(barrierThreadsName, builder.getI64IntegerAttr(role.getThreads()));
      }
      if (role.getSingleThread() && isa<MbarrierArriveOp>(op))
        op->setAttr(singleThreadName, builder.getUnitAttr());
    });
  }
}

static Value constantI32(IndexMath &math, int64_t value) {
  return arith::ConstantIntOp::create(math.builder, math.loc, value, 32);
}

static Value toI32(IndexMath &math, Value index) {
  return math.builder.createOrFold<arith::IndexCastOp>(math.loc, math.builder.getI32Type(), index);
}

static Value barrierAt(IndexMath &math, Value barriers, Value stage) {
  constexpr unsigned barrierBits = 64;
  return offsetPointer(math, barriers, stage, barrierBits);
}

static Value equals(IndexMath &math, Value a, Value b) {
  return math.builder.createOrFold<arith::CmpIOp>(math.loc, arith::CmpIPredicate::eq, a, b);
}

/// Builds behind `condition`, which may be null for always.
static void buildIf(IndexMath &math, Value condition, function_ref<void()> build) {
  if (!condition)
    return build();
  auto branch = scf::IfOp::create(math.builder, math.loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(math.builder);
  math.builder.setInsertionPointToStart(branch.thenBlock());
  build();
}

namespace {

struct LowerRole : OpConversionPattern<RoleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(RoleOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    Value thread = math.thread(), first = math.constant(op.getFirstThread());
    Value number = arith::SubIOp::create(rewriter, op.getLoc(), thread, first);
    auto branch = scf::IfOp::create(rewriter, op.getLoc(), math.lessThan(number, math.constant(op.getThreads())),
                                    /*withElseRegion=*/false);
    rewriter.setInsertionPointToStart(branch.thenBlock());
    if (std::optional<int64_t> registers = op.getRegisters()) {
      // Whoever works alone hands its group's registers over.
      auto action = op.getSingleThread() ? NVVM::SetMaxRegisterAction::decrease : NVVM::SetMaxRegisterAction::increase;
      NVVM::SetMaxRegisterOp::create(rewriter, op.getLoc(), static_cast<uint32_t>(*registers), action);
    }
    Block *target = branch.thenBlock();
    if (op.getSingleThread()) {
      auto inner = scf::IfOp::create(rewriter, op.getLoc(), equals(math, thread, first), /*withElseRegion=*/false);
      target = inner.thenBlock();
    }
    rewriter.inlineBlockBefore(&op.getBody().front(), target->getTerminator());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerBarrier : OpConversionPattern<BarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(BarrierOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    if (auto id = op->getAttrOfType<IntegerAttr>(barrierIdName)) {
      auto threads = op->getAttrOfType<IntegerAttr>(barrierThreadsName);
      NVVM::BarrierOp::create(rewriter, op.getLoc(), TypeRange(), constantI32(math, id.getInt()),
                              constantI32(math, threads.getInt()), NVVM::BarrierReductionAttr(), Value());
    } else {
      NVVM::BarrierOp::create(rewriter, op.getLoc());
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerMbarrierInit : OpConversionPattern<MbarrierInitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MbarrierInitOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    buildIf(math, equals(math, math.thread(), math.constant(0)), [&] {
      for (int64_t stage = 0; stage < op.getBarriers().getType().getShape().front(); ++stage)
        NVVM::MBarrierInitOp::create(rewriter, op.getLoc(), barrierAt(math, adaptor.getBarriers(), math.constant(stage)),
                                     constantI32(math, op.getArrivals()), Value());
      // Copy engine and other blocks have to see them, too.
      NVVM::FenceMbarrierInitOp::create(rewriter, op.getLoc());
    });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerMbarrierExpect : OpConversionPattern<MbarrierExpectOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MbarrierExpectOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    NVVM::MBarrierArriveExpectTxOp::create(rewriter, op.getLoc(), Type(),
                                           barrierAt(math, adaptor.getBarriers(), adaptor.getStage()),
                                           constantI32(math, op.getBytes()), NVVM::MemScopeKind::CTA,
                                           /*relaxed=*/false, Value());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerMbarrierArrive : OpConversionPattern<MbarrierArriveOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MbarrierArriveOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    Value condition = adaptor.getPredicate().empty() ? Value() : adaptor.getPredicate().front();
    bool isSingle = op->hasAttr(singleThreadName);
    buildIf(math, condition, [&] {
      // One lane arrives for its warp, whose lanes have to be done.
      if (!isSingle)
        NVVM::SyncWarpOp::create(rewriter, op.getLoc(), constantI32(math, -1));
      buildIf(math, isSingle ? Value() : equals(math, math.lane(), math.constant(0)), [&] {
        NVVM::MBarrierArriveOp::create(rewriter, op.getLoc(), Type(),
                                       barrierAt(math, adaptor.getBarriers(), adaptor.getStage()), Value(),
                                       NVVM::MemScopeKind::CTA);
      });
    });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerMbarrierWait : OpConversionPattern<MbarrierWaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MbarrierWaitOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    // How long the hardware may suspend the thread before it looks again, in nanoseconds.
    constexpr int64_t suspension = 10'000'000;
    IndexMath math(rewriter, op.getLoc());
    Value condition = adaptor.getPredicate().empty() ? Value() : adaptor.getPredicate().front();
    buildIf(math, condition, [&] {
      NVVM::MBarrierTryWaitParityOp::create(rewriter, op.getLoc(),
                                            barrierAt(math, adaptor.getBarriers(), adaptor.getStage()),
                                            toI32(math, adaptor.getParity()), constantI32(math, suspension));
    });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerBlockCount : OpConversionPattern<BlockCountOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(BlockCountOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<gpu::GridDimOp>(op, rewriter.getIndexType(),
                                                static_cast<gpu::Dimension>(op.getDimension()));
    return success();
  }
};

} // namespace

void ashlar::tile::populateConcurrencyPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerRole, LowerBarrier, LowerMbarrierInit, LowerMbarrierExpect, LowerMbarrierArrive,
               LowerMbarrierWait, LowerBlockCount>(converter, patterns.getContext());
}
