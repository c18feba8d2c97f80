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
}
