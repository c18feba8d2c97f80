// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host --split-input-file --verify-diagnostics

gpu.module @inline_assembly {
  llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{has no form for the simulator; use an operation of the nvvm or ptx dialect}}
    llvm.inline_asm has_side_effects "trap;", "" : () -> ()
    llvm.return
  }
}

// -----

gpu.module @unknown_operation {
  llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{'nvvm.read.ptx.sreg.clock' op has no form for the simulator}}
    %0 = nvvm.read.ptx.sreg.clock : i32
    llvm.return
  }
}

// -----

gpu.module @static_shared_memory {
  // expected-error @below {{is static shared memory, which has no form for the simulator}}
  llvm.mlir.global internal @buffer() {addr_space = 3 : i32} : !llvm.array<16 x f32>
}

// -----

gpu.module @memory_intrinsic {
  llvm.func @kernel(%to: !llvm.ptr<1>, %byte: i8, %count: i64) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{on device memory has no form for the simulator; write loads and stores instead}}
    "llvm.intr.memset"(%to, %byte, %count) <{isVolatile = false}> : (!llvm.ptr<1>, i8, i64) -> ()
    llvm.return
  }
}

// -----

gpu.module @unknown_mma {
  llvm.func @kernel(%a: f64, %b: f64, %c: f64) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @below {{of this shape and these types has no form for the simulator}}
    %0 = nvvm.mma.sync A[%a] B[%b] C[%c, %c]
      {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, shape = #nvvm.shape<m = 8, n = 8, k = 4>}
      : (f64, f64, f64) -> !llvm.struct<(f64, f64)>
    llvm.return
  }
}

// -----

gpu.module @first {
  llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel} { llvm.return }
}
gpu.module @second {
  // expected-error @below {{has the name of another function of the host module; rename it}}
  llvm.func @kernel() attributes {gpu.kernel, nvvm.kernel} { llvm.return }
}
