// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,SM90A

// SM80: .version 7.4
// SM80: .target sm_80
// SM90A: .version 8.0
// SM90A: .target sm_90a
// CHECK: .address_size 64
// CHECK: .extern .shared .align 1024 .b8 ashlar_shared[];

gpu.module @kernels {
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  // CHECK: .visible .entry row_exp(
  // CHECK-NEXT: .param .u64 .ptr .global .align 16 row_exp_param_0
  // CHECK-NEXT: .param .u32 row_exp_param_1
  // CHECK: .reqntid 128, 1, 1
  // CHECK-NEXT: .minnctapersm 2
  // CHECK-NOT: call
  // CHECK: ld.global.v4.b32
  // CHECK-COUNT-8: ex2.approx.ftz.f32
  // CHECK-COUNT-4: cvt.rn.bf16x2.f32
  // CHECK: st.global.v4.b32
  gpu.func @row_exp(%data: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}, %n: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>, nvvm.minctasm = 2 : i32} {
    %thread = gpu.thread_id x
    %offset = arith.index_cast %thread : index to i32
    %address = llvm.getelementptr %data[%offset] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, !llvm.array<8 x bf16>
    %row = llvm.load %address {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
    %tile = vector.shape_cast %row : vector<8xbf16> to vector<2x4xbf16>
    %result = math.exp2 %tile : vector<2x4xbf16>
    %flat = vector.shape_cast %result : vector<2x4xbf16> to vector<8xbf16>
    llvm.store %flat, %address {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>
    gpu.return
  }

  // Zero-filling copies with the size in a register, and read-only data through the non-coherent path.
  // CHECK: .visible .entry copies(
  // CHECK: cp.async.cg.shared.global [ashlar_shared], [%rd{{[0-9]+}}], 16, %r{{[0-9]+}};
  // CHECK: cp.async.commit_group;
  // CHECK: cp.async.wait_group 0;
  // CHECK: bar.sync 0;
  // CHECK: ld.shared
  // CHECK: ld.global.nc
  gpu.func @copies(%from: !llvm.ptr<1>, %to: !llvm.ptr<1>, %bytes: i32) kernel {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    nvvm.cp.async.shared.global %shared, %from, 16, cache = cg, %bytes : !llvm.ptr<3>, !llvm.ptr<1>, i32
    nvvm.cp.async.commit.group
    nvvm.cp.async.wait.group 0
    gpu.barrier
    %a = llvm.load %shared : !llvm.ptr<3> -> f32
    %b = llvm.load %from invariant : !llvm.ptr<1> -> f32
    %c = arith.addf %a, %b : f32
    llvm.store %c, %to : f32, !llvm.ptr<1>
    gpu.return
  }

  // A pure instruction moves out of the loop, although memory is written there.
  // CHECK: .visible .entry invariant_exponential(
  // CHECK-NOT: {{^\$L__BB.*:}}
  // CHECK: ex2.approx.ftz.f32
  // CHECK: {{^\$L__BB.*:}}
  // CHECK-NOT: ex2
  // CHECK: ret;
  gpu.func @invariant_exponential(%out: !llvm.ptr<1>, %x: f32, %n: i32) kernel {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    scf.for %i = %zero to %n step %one : i32 {
      %y = math.exp2 %x : f32
      %address = llvm.getelementptr %out[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %y, %address : f32, !llvm.ptr<1>
    }
    gpu.return
  }
}
