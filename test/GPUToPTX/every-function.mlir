// Every function and operation on floats that an elementwise body can hold compiles, and none becomes a call.
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 print=true" -o /dev/null | FileCheck %s
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a print=true" -o /dev/null | FileCheck %s

// CHECK-NOT: .extern .func
// CHECK-NOT: call
// CHECK: .visible .entry floats_f32
// CHECK-NOT: call
// CHECK: .visible .entry floats_bf16
// CHECK-NOT: call
// CHECK: ret;
// CHECK-NOT: call

gpu.module @kernels {
  gpu.func @floats_f32(%out: !llvm.ptr<1>, %x: vector<2x1xf32>, %y: vector<2x1xf32>, %z: vector<2x1xf32>, %n: vector<2x1xi32>) kernel {
    %0 = math.absf %x : vector<2x1xf32>
    %1 = math.acos %0 : vector<2x1xf32>
    %2 = math.acosh %1 : vector<2x1xf32>
    %3 = math.asin %2 : vector<2x1xf32>
    %4 = math.asinh %3 : vector<2x1xf32>
    %5 = math.atan %4 : vector<2x1xf32>
    %6 = math.atanh %5 : vector<2x1xf32>
    %7 = math.cbrt %6 : vector<2x1xf32>
    %8 = math.ceil %7 : vector<2x1xf32>
    %9 = math.cos %8 : vector<2x1xf32>
    %10 = math.cosh %9 : vector<2x1xf32>
    %11 = math.erf %10 : vector<2x1xf32>
    %12 = math.erfc %11 : vector<2x1xf32>
    %13 = math.exp %12 : vector<2x1xf32>
    %14 = math.exp2 %13 : vector<2x1xf32>
    %15 = math.expm1 %14 : vector<2x1xf32>
    %16 = math.floor %15 : vector<2x1xf32>
    %17 = math.log %16 : vector<2x1xf32>
    %18 = math.log10 %17 : vector<2x1xf32>
    %19 = math.log1p %18 : vector<2x1xf32>
    %20 = math.log2 %19 : vector<2x1xf32>
    %21 = math.round %20 : vector<2x1xf32>
    %22 = math.roundeven %21 : vector<2x1xf32>
    %23 = math.rsqrt %22 : vector<2x1xf32>
    %24 = math.sin %23 : vector<2x1xf32>
    %25 = math.sinh %24 : vector<2x1xf32>
    %26 = math.sqrt %25 : vector<2x1xf32>
    %27 = math.tan %26 : vector<2x1xf32>
    %28 = math.tanh %27 : vector<2x1xf32>
    %29 = math.trunc %28 : vector<2x1xf32>
    %30 = math.atan2 %29, %y : vector<2x1xf32>
    %31 = math.copysign %30, %y : vector<2x1xf32>
    %32 = math.powf %31, %y : vector<2x1xf32>
    %33 = math.fma %32, %y, %z : vector<2x1xf32>
    %34 = math.clampf %33 to [%y, %z] : vector<2x1xf32>
    %35 = math.fpowi %34, %n : vector<2x1xf32>, vector<2x1xi32>
    %sin, %cos = math.sincos %35 : vector<2x1xf32>
    %36 = arith.addf %sin, %cos : vector<2x1xf32>
    %37 = arith.subf %36, %cos : vector<2x1xf32>
    %38 = arith.mulf %37, %cos : vector<2x1xf32>
    %39 = arith.divf %38, %cos : vector<2x1xf32>
    %40 = arith.remf %39, %cos : vector<2x1xf32>
    %41 = arith.maximumf %40, %cos : vector<2x1xf32>
    %42 = arith.minimumf %41, %cos : vector<2x1xf32>
    %43 = arith.maxnumf %42, %cos : vector<2x1xf32>
    %44 = arith.minnumf %43, %cos : vector<2x1xf32>
    %45 = arith.negf %44 : vector<2x1xf32>
    %46 = math.isnan %45 : vector<2x1xf32>
    %47 = arith.select %46, %45, %y : vector<2x1xi1>, vector<2x1xf32>
    %48 = math.isinf %47 : vector<2x1xf32>
    %49 = arith.select %48, %47, %y : vector<2x1xi1>, vector<2x1xf32>
    %50 = math.isfinite %49 : vector<2x1xf32>
    %51 = arith.select %50, %49, %y : vector<2x1xi1>, vector<2x1xf32>
    %52 = math.isnormal %51 : vector<2x1xf32>
    %53 = arith.select %52, %51, %y : vector<2x1xi1>, vector<2x1xf32>
    %54 = arith.cmpf oeq, %53, %z : vector<2x1xf32>
    %55 = arith.select %54, %53, %y : vector<2x1xi1>, vector<2x1xf32>
    %56 = arith.cmpf ogt, %55, %z : vector<2x1xf32>
    %57 = arith.select %56, %55, %y : vector<2x1xi1>, vector<2x1xf32>
    %58 = arith.cmpf ole, %57, %z : vector<2x1xf32>
    %59 = arith.select %58, %57, %y : vector<2x1xi1>, vector<2x1xf32>
    %60 = arith.cmpf one, %59, %z : vector<2x1xf32>
    %61 = arith.select %60, %59, %y : vector<2x1xi1>, vector<2x1xf32>
    %62 = arith.cmpf ord, %61, %z : vector<2x1xf32>
    %63 = arith.select %62, %61, %y : vector<2x1xi1>, vector<2x1xf32>
    %64 = arith.cmpf ueq, %63, %z : vector<2x1xf32>
    %65 = arith.select %64, %63, %y : vector<2x1xi1>, vector<2x1xf32>
    %66 = arith.cmpf ult, %65, %z : vector<2x1xf32>
    %67 = arith.select %66, %65, %y : vector<2x1xi1>, vector<2x1xf32>
    %68 = arith.cmpf uge, %67, %z : vector<2x1xf32>
    %69 = arith.select %68, %67, %y : vector<2x1xi1>, vector<2x1xf32>
    %70 = arith.cmpf une, %69, %z : vector<2x1xf32>
    %71 = arith.select %70, %69, %y : vector<2x1xi1>, vector<2x1xf32>
    %72 = arith.cmpf uno, %71, %z : vector<2x1xf32>
    %73 = arith.select %72, %71, %y : vector<2x1xi1>, vector<2x1xf32>
    %74 = arith.fptosi %73 : vector<2x1xf32> to vector<2x1xi8>
    %75 = arith.sitofp %74 : vector<2x1xi8> to vector<2x1xf32>
    %76 = arith.fptoui %75 : vector<2x1xf32> to vector<2x1xi8>
    %77 = arith.uitofp %76 : vector<2x1xi8> to vector<2x1xf32>
    %78 = arith.fptosi %77 : vector<2x1xf32> to vector<2x1xi32>
    %79 = arith.sitofp %78 : vector<2x1xi32> to vector<2x1xf32>
    %80 = arith.fptoui %79 : vector<2x1xf32> to vector<2x1xi32>
    %81 = arith.uitofp %80 : vector<2x1xi32> to vector<2x1xf32>
    %82 = arith.fptosi %81 : vector<2x1xf32> to vector<2x1xi64>
    %83 = arith.sitofp %82 : vector<2x1xi64> to vector<2x1xf32>
    %84 = arith.fptoui %83 : vector<2x1xf32> to vector<2x1xi64>
    %85 = arith.uitofp %84 : vector<2x1xi64> to vector<2x1xf32>
    %86 = arith.extf %85 : vector<2x1xf32> to vector<2x1xf64>
    %87 = arith.truncf %86 : vector<2x1xf64> to vector<2x1xf32>
    %88 = arith.bitcast %87 : vector<2x1xf32> to vector<2x1xi32>
    %89 = arith.bitcast %88 : vector<2x1xi32> to vector<2x1xf32>
    %90 = vector.extract %89[1] : vector<1xf32> from vector<2x1xf32>
    llvm.store %90, %out : vector<1xf32>, !llvm.ptr<1>
    gpu.return
  }

  gpu.func @floats_bf16(%out: !llvm.ptr<1>, %x: vector<1x3xbf16>, %y: vector<1x3xbf16>, %z: vector<1x3xbf16>, %n: vector<1x3xi32>) kernel {
    %0 = math.absf %x : vector<1x3xbf16>
    %1 = math.acos %0 : vector<1x3xbf16>
    %2 = math.acosh %1 : vector<1x3xbf16>
    %3 = math.asin %2 : vector<1x3xbf16>
    %4 = math.asinh %3 : vector<1x3xbf16>
    %5 = math.atan %4 : vector<1x3xbf16>
    %6 = math.atanh %5 : vector<1x3xbf16>
    %7 = math.cbrt %6 : vector<1x3xbf16>
    %8 = math.ceil %7 : vector<1x3xbf16>
    %9 = math.cos %8 : vector<1x3xbf16>
    %10 = math.cosh %9 : vector<1x3xbf16>
    %11 = math.erf %10 : vector<1x3xbf16>
    %12 = math.erfc %11 : vector<1x3xbf16>
    %13 = math.exp %12 : vector<1x3xbf16>
    %14 = math.exp2 %13 : vector<1x3xbf16>
    %15 = math.expm1 %14 : vector<1x3xbf16>
    %16 = math.floor %15 : vector<1x3xbf16>
    %17 = math.log %16 : vector<1x3xbf16>
    %18 = math.log10 %17 : vector<1x3xbf16>
    %19 = math.log1p %18 : vector<1x3xbf16>
    %20 = math.log2 %19 : vector<1x3xbf16>
    %21 = math.round %20 : vector<1x3xbf16>
    %22 = math.roundeven %21 : vector<1x3xbf16>
    %23 = math.rsqrt %22 : vector<1x3xbf16>
    %24 = math.sin %23 : vector<1x3xbf16>
    %25 = math.sinh %24 : vector<1x3xbf16>
    %26 = math.sqrt %25 : vector<1x3xbf16>
    %27 = math.tan %26 : vector<1x3xbf16>
    %28 = math.tanh %27 : vector<1x3xbf16>
    %29 = math.trunc %28 : vector<1x3xbf16>
    %30 = math.atan2 %29, %y : vector<1x3xbf16>
    %31 = math.copysign %30, %y : vector<1x3xbf16>
    %32 = math.powf %31, %y : vector<1x3xbf16>
    %33 = math.fma %32, %y, %z : vector<1x3xbf16>
    %34 = math.clampf %33 to [%y, %z] : vector<1x3xbf16>
    %35 = math.fpowi %34, %n : vector<1x3xbf16>, vector<1x3xi32>
    %sin, %cos = math.sincos %35 : vector<1x3xbf16>
    %36 = arith.addf %sin, %cos : vector<1x3xbf16>
    %37 = arith.subf %36, %cos : vector<1x3xbf16>
    %38 = arith.mulf %37, %cos : vector<1x3xbf16>
    %39 = arith.divf %38, %cos : vector<1x3xbf16>
    %40 = arith.remf %39, %cos : vector<1x3xbf16>
    %41 = arith.maximumf %40, %cos : vector<1x3xbf16>
    %42 = arith.minimumf %41, %cos : vector<1x3xbf16>
    %43 = arith.maxnumf %42, %cos : vector<1x3xbf16>
    %44 = arith.minnumf %43, %cos : vector<1x3xbf16>
    %45 = arith.negf %44 : vector<1x3xbf16>
    %46 = math.isnan %45 : vector<1x3xbf16>
    %47 = arith.select %46, %45, %y : vector<1x3xi1>, vector<1x3xbf16>
    %48 = math.isinf %47 : vector<1x3xbf16>
    %49 = arith.select %48, %47, %y : vector<1x3xi1>, vector<1x3xbf16>
    %50 = math.isfinite %49 : vector<1x3xbf16>
    %51 = arith.select %50, %49, %y : vector<1x3xi1>, vector<1x3xbf16>
    %52 = math.isnormal %51 : vector<1x3xbf16>
    %53 = arith.select %52, %51, %y : vector<1x3xi1>, vector<1x3xbf16>
    %54 = arith.cmpf oeq, %53, %z : vector<1x3xbf16>
    %55 = arith.select %54, %53, %y : vector<1x3xi1>, vector<1x3xbf16>
    %56 = arith.cmpf ogt, %55, %z : vector<1x3xbf16>
    %57 = arith.select %56, %55, %y : vector<1x3xi1>, vector<1x3xbf16>
    %58 = arith.cmpf ole, %57, %z : vector<1x3xbf16>
    %59 = arith.select %58, %57, %y : vector<1x3xi1>, vector<1x3xbf16>
    %60 = arith.cmpf one, %59, %z : vector<1x3xbf16>
    %61 = arith.select %60, %59, %y : vector<1x3xi1>, vector<1x3xbf16>
    %62 = arith.cmpf ord, %61, %z : vector<1x3xbf16>
    %63 = arith.select %62, %61, %y : vector<1x3xi1>, vector<1x3xbf16>
    %64 = arith.cmpf ueq, %63, %z : vector<1x3xbf16>
    %65 = arith.select %64, %63, %y : vector<1x3xi1>, vector<1x3xbf16>
    %66 = arith.cmpf ult, %65, %z : vector<1x3xbf16>
    %67 = arith.select %66, %65, %y : vector<1x3xi1>, vector<1x3xbf16>
    %68 = arith.cmpf uge, %67, %z : vector<1x3xbf16>
    %69 = arith.select %68, %67, %y : vector<1x3xi1>, vector<1x3xbf16>
    %70 = arith.cmpf une, %69, %z : vector<1x3xbf16>
    %71 = arith.select %70, %69, %y : vector<1x3xi1>, vector<1x3xbf16>
    %72 = arith.cmpf uno, %71, %z : vector<1x3xbf16>
    %73 = arith.select %72, %71, %y : vector<1x3xi1>, vector<1x3xbf16>
    %74 = arith.fptosi %73 : vector<1x3xbf16> to vector<1x3xi8>
    %75 = arith.sitofp %74 : vector<1x3xi8> to vector<1x3xbf16>
    %76 = arith.fptoui %75 : vector<1x3xbf16> to vector<1x3xi8>
    %77 = arith.uitofp %76 : vector<1x3xi8> to vector<1x3xbf16>
    %78 = arith.fptosi %77 : vector<1x3xbf16> to vector<1x3xi32>
    %79 = arith.sitofp %78 : vector<1x3xi32> to vector<1x3xbf16>
    %80 = arith.fptoui %79 : vector<1x3xbf16> to vector<1x3xi32>
    %81 = arith.uitofp %80 : vector<1x3xi32> to vector<1x3xbf16>
    %82 = arith.fptosi %81 : vector<1x3xbf16> to vector<1x3xi64>
    %83 = arith.sitofp %82 : vector<1x3xi64> to vector<1x3xbf16>
    %84 = arith.fptoui %83 : vector<1x3xbf16> to vector<1x3xi64>
    %85 = arith.uitofp %84 : vector<1x3xi64> to vector<1x3xbf16>
    %86 = arith.extf %85 : vector<1x3xbf16> to vector<1x3xf32>
    %87 = arith.truncf %86 : vector<1x3xf32> to vector<1x3xbf16>
    %88 = arith.bitcast %87 : vector<1x3xbf16> to vector<1x3xi16>
    %89 = arith.bitcast %88 : vector<1x3xi16> to vector<1x3xbf16>
    %90 = vector.extract %89[0] : vector<3xbf16> from vector<1x3xbf16>
    llvm.store %90, %out : vector<3xbf16>, !llvm.ptr<1>
    gpu.return
  }
}
