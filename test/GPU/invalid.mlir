// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -split-input-file -verify-diagnostics

// expected-error @+1 {{'ashlar.index_bitwidth' must be 32 or 64, but is 16}}
gpu.module @odd_index attributes {ashlar.index_bitwidth = 16 : i32} {
  gpu.func @kernel() kernel {
    gpu.return
  }
}

// -----

gpu.module @double_precision {
  gpu.func @kernel(%x: f64, %out: !llvm.ptr<1>) kernel {
    // expected-error @+1 {{'math.exp' op has no GPU lowering for 'f64': only f16, bf16 and f32 are computed; convert the operand to f32}}
    %y = math.exp %x : f64
    llvm.store %y, %out : f64, !llvm.ptr<1>
    gpu.return
  }
}

// -----

gpu.module @eight_bits {
  gpu.func @kernel(%x: f32, %out: !llvm.ptr<1>) kernel {
    // expected-error @+1 {{computes with 'f8E4M3FN', which has no GPU lowering yet: convert to f16, bf16 or f32 first}}
    %y = arith.truncf %x : f32 to f8E4M3FN
    gpu.return
  }
}

// -----

gpu.module @memory {
  gpu.func @kernel(%i: index) kernel {
    // expected-error @+1 {{has a value of type 'memref<4xf32>', which a thread's program cannot hold}}
    %memory = memref.alloca() : memref<4xf32>
    gpu.return
  }
}

// -----

gpu.module @parallel_loop {
  gpu.func @kernel(%n: index) kernel {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    // expected-error @+1 {{'scf.parallel' op cannot stand in a thread's program: only for, if, while, index_switch and execute_region can}}
    scf.parallel (%i) = (%zero) to (%n) step (%one) {
      scf.reduce
    }
    gpu.return
  }
}

// -----

gpu.module @unknown_operation {
  gpu.func @kernel(%x: f32) kernel {
    // expected-error @+1 {{'func.call' op has no lowering to a GPU thread's instructions}}
    %y = func.call @library(%x) : (f32) -> f32
    gpu.return
  }
  func.func private @library(f32) -> f32
}

// -----

gpu.module @scalable {
  gpu.func @kernel(%x: vector<[4]xf32>) kernel {
    // expected-error @+1 {{has the scalable vector type 'vector<[4]xf32>', which does not exist on GPUs}}
    %y = arith.addf %x, %x : vector<[4]xf32>
    gpu.return
  }
}

// -----

gpu.module @indexed_registers {
  gpu.func @kernel(%tile: vector<2x4xf32>, %i: index, %out: !llvm.ptr<1>) kernel {
    // expected-error @+1 {{picks a part of a register tile by a value that is not constant, but registers have no addresses}}
    %row = vector.extract %tile[%i] : vector<4xf32> from vector<2x4xf32>
    llvm.store %row, %out : vector<4xf32>, !llvm.ptr<1>
    gpu.return
  }
}
