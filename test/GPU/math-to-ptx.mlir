// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -canonicalize -cse | FileCheck %s

gpu.module @functions {
  // Exact up to f32 by default: the product's rounding error is added back.
  // CHECK-LABEL: llvm.func @exponential
  // CHECK: %[[LOW:.*]] = llvm.intr.maximum
  // CHECK: %[[X:.*]] = llvm.intr.minimum(%[[LOW]]
  // CHECK: %[[SCALED:.*]] = llvm.fmul %[[X]]
  // CHECK-COUNT-3: llvm.intr.fma
  // CHECK: ptx.ex2 %[[SCALED]] : f32
  gpu.func @exponential(%x: f32, %out: !llvm.ptr<1>) kernel {
    %y = math.exp %x : f32
    llvm.store %y, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @approximate_exponential
  // CHECK-NOT: llvm.intr
  // CHECK: %[[SCALED:.*]] = llvm.fmul
  // CHECK-NEXT: %[[Y:.*]] = ptx.ex2 %[[SCALED]] : f32
  // CHECK-NEXT: llvm.store %[[Y]]
  gpu.func @approximate_exponential(%x: f32, %out: !llvm.ptr<1>) kernel {
    %y = math.exp %x fastmath<afn> : f32
    llvm.store %y, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @tile_of_powers
  // CHECK-COUNT-6: ptx.ex2
  // CHECK-NOT: ptx.ex2
  gpu.func @tile_of_powers(%x: vector<2x3xf32>, %out: !llvm.ptr<1>) kernel {
    %y = math.exp2 %x : vector<2x3xf32>
    %row = vector.extract %y[1] : vector<3xf32> from vector<2x3xf32>
    %other = vector.extract %y[0] : vector<3xf32> from vector<2x3xf32>
    %sum = arith.addf %row, %other : vector<3xf32>
    llvm.store %sum, %out : vector<3xf32>, !llvm.ptr<1>
    gpu.return
  }

  // Without leave to approximate, tanh is a polynomial; 16-bit results always give leave.
  // CHECK-LABEL: llvm.func @tanh_f32
  // CHECK-NOT: ptx.tanh
  // CHECK: llvm.fdiv
  gpu.func @tanh_f32(%x: f32, %out: !llvm.ptr<1>) kernel {
    %y = math.tanh %x : f32
    llvm.store %y, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @tanh_bf16
  // CHECK: %[[WIDE:.*]] = llvm.fpext %{{.*}} : vector<2xbf16> to vector<2xf32>
  // CHECK-COUNT-2: ptx.tanh
  // CHECK: llvm.fptrunc %{{.*}} : vector<2xf32> to vector<2xbf16>
  gpu.func @tanh_bf16(%x: vector<2xbf16>, %out: !llvm.ptr<1>) kernel {
    %y = math.tanh %x : vector<2xbf16>
    llvm.store %y, %out : vector<2xbf16>, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @roots
  // CHECK: ptx.rsqrt
  // CHECK: llvm.intr.sqrt
  // CHECK: ptx.sqrt
  gpu.func @roots(%x: f32, %out: !llvm.ptr<1>) kernel {
    %a = math.rsqrt %x : f32
    %b = math.sqrt %a : f32
    %c = math.sqrt %b fastmath<afn> : f32
    llvm.store %c, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @quotients
  // CHECK: %[[EXACT:.*]] = llvm.fdiv
  // CHECK: %[[RECIPROCAL:.*]] = ptx.rcp
  // CHECK: llvm.fmul %[[EXACT]], %[[RECIPROCAL]]
  gpu.func @quotients(%x: f32, %y: f32, %out: !llvm.ptr<1>) kernel {
    %a = arith.divf %x, %y : f32
    %b = arith.divf %a, %y fastmath<arcp> : f32
    llvm.store %b, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // The smallest normal number of f16 is 2^-14, not that of f32.
  // CHECK-LABEL: llvm.func @classes
  // CHECK-DAG: llvm.mlir.constant(6.103520e-05 : f16)
  // CHECK-DAG: llvm.mlir.constant(0x7C00 : f16)
  // CHECK-NOT: llvm.call
  gpu.func @classes(%x: f16, %out: !llvm.ptr<1>) kernel {
    %c = math.isnormal %x : f16
    %d = math.isinf %x : f16
    %both = arith.xori %c, %d : i1
    %byte = arith.extui %both : i1 to i8
    llvm.store %byte, %out : i8, !llvm.ptr<1>
    gpu.return
  }

  // Rounded division and square root are calls, which must not stand between products under way: here they are single
  // instructions. Sums are rounded to 16 bits in pairs, rows of odd length one by one.
  // CHECK-LABEL: llvm.func @warp_groups
  // CHECK-SAME: ashlar.forbids_calls
  // CHECK: ptx.wgmma
  // CHECK: ptx.div %{{.*}}, %{{.*}} : f32
  // CHECK: ptx.rcp
  // CHECK: ptx.sqrt
  // CHECK-NOT: llvm.fdiv
  // CHECK-NOT: llvm.intr.sqrt
  // CHECK-COUNT-2: nvvm.convert.f32x2.to.bf16x2
  // CHECK: nvvm.convert.f32x2.to.f16x2
  // CHECK-NOT: nvvm.convert
  // CHECK: llvm.fptrunc %{{.*}} : vector<3xf32> to vector<3xf16>
  gpu.func @warp_groups(%a: i64, %one: i32, %x: f32, %row: vector<4xf32>, %pair: vector<2xf32>, %odd: vector<3xf32>,
                        %out: !llvm.ptr<1>) kernel {
    %d:4 = ptx.wgmma n 8 bf16 [%a], bf16 [%a], accumulate %one, (%x, %x, %x, %x) : f32
    %b = arith.divf %d#0, %x : f32
    %c = arith.divf %b, %x fastmath<arcp> : f32
    %e = math.sqrt %c : f32
    llvm.store %e, %out : f32, !llvm.ptr<1>
    %f = arith.truncf %row : vector<4xf32> to vector<4xbf16>
    llvm.store %f, %out : vector<4xbf16>, !llvm.ptr<1>
    %g = arith.truncf %pair : vector<2xf32> to vector<2xf16>
    llvm.store %g, %out : vector<2xf16>, !llvm.ptr<1>
    %h = arith.truncf %odd : vector<3xf32> to vector<3xf16>
    llvm.store %h, %out : vector<3xf16>, !llvm.ptr<1>
    gpu.return
  }
}
