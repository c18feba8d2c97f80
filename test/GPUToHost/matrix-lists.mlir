// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host | FileCheck %s

// Matrix instructions meet in lists: loads until something may write, mma until a result is used.

!four = !llvm.struct<(i32, i32, i32, i32)>
!sums = !llvm.struct<(i32, i32, i32, i32)>

gpu.module @kernels {
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  llvm.func @chain(%to: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %zero = llvm.mlir.constant(0 : i32) : i32
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %a = nvvm.ldmatrix %shared {num = 4 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !four
    %b = nvvm.ldmatrix %shared {num = 2 : i32, layout = #nvvm.mma_layout<col>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32)>
    %a0 = llvm.extractvalue %a[0] : !four
    %a1 = llvm.extractvalue %a[1] : !four
    %a2 = llvm.extractvalue %a[2] : !four
    %a3 = llvm.extractvalue %a[3] : !four
    %b0 = llvm.extractvalue %b[0] : !llvm.struct<(i32, i32)>
    %b1 = llvm.extractvalue %b[1] : !llvm.struct<(i32, i32)>
    %first = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b0, %b1] C[%zero, %zero, %zero, %zero]
      {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, shape = #nvvm.shape<m = 16, n = 8, k = 32>,
       multiplicandAPtxType = #nvvm.mma_type<s8>, multiplicandBPtxType = #nvvm.mma_type<u8>,
       intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>} : (i32, i32, i32) -> !sums
    %c0 = llvm.extractvalue %first[0] : !sums
    %c1 = llvm.extractvalue %first[1] : !sums
    %c2 = llvm.extractvalue %first[2] : !sums
    %c3 = llvm.extractvalue %first[3] : !sums
    %second = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b0, %b1] C[%c0, %c1, %c2, %c3]
      {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, shape = #nvvm.shape<m = 16, n = 8, k = 32>,
       multiplicandAPtxType = #nvvm.mma_type<s8>, multiplicandBPtxType = #nvvm.mma_type<u8>,
       intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>} : (i32, i32, i32) -> !sums
    %result = llvm.extractvalue %second[2] : !sums
    llvm.store %result, %to : i32, !llvm.ptr<1>
    llvm.return
  }
}

// Words of the area: two row addresses (4), then the six registers; for the mma A (0), B (4), D of the first (6) and of the
// second (10).
// CHECK-LABEL: llvm.func internal @chain.thread(
// CHECK-SAME: %[[THREAD:[^:]*]]: !llvm.ptr
// CHECK: %[[WORDS:.*]] = llvm.mlir.constant(14 : i32)
// CHECK: %[[AREA:.*]] = llvm.alloca %[[WORDS]] x i32
// CHECK: %[[RESULTS:.*]] = llvm.getelementptr %[[AREA]][16]
// CHECK: llvm.store %{{.*}}, %[[AREA]] {{.*}}: !llvm.ptr, !llvm.ptr
// CHECK: %[[LOADS:.*]] = llvm.mlir.addressof @ashlar.list.0
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[LOADS]], %{{.*}}, %[[AREA]], %[[RESULTS]])
// Only two mma in one call, and one word read back.
// CHECK: %[[MMAS:.*]] = llvm.mlir.addressof @ashlar.list.1
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[MMAS]], %{{.*}}, %[[AREA]])
// CHECK-NEXT: %[[WORD:.*]] = llvm.getelementptr %[[AREA]][48]
// CHECK-NEXT: %[[RESULT:.*]] = llvm.load %[[WORD]]
// CHECK-NOT: llvm.load %[[AREA]]
// CHECK: llvm.store %[[RESULT]]

// ldmatrix of four plain matrices to word 0 and of two transposed ones (2 + 8) to word 4.
// CHECK: @ashlar.list.0(dense<[4, 0, 0, 10, 4, 1]>
// m16n8k32 s8 * u8 + s32; the second adds to the result of the first.
// CHECK: @ashlar.list.1(dense<[2099267, 0, 4, 6, 6, 2, 2099267, 0, 4, 6, 10, 3]>
