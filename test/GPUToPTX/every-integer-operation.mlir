// Every operation on integers that an elementwise body can hold compiles, and none becomes a call.
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 print=true" -o /dev/null | FileCheck %s
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a print=true" -o /dev/null | FileCheck %s

// CHECK-NOT: .extern .func
// CHECK: .visible .entry integers
// CHECK-NOT: call
// CHECK: ret;
// CHECK-NOT: call

gpu.module @kernels {
  gpu.func @integers(%out: !llvm.ptr<1>, %x: vector<2x2xi32>, %y: vector<2x2xi32>) kernel {
    %0 = arith.addi %x, %y : vector<2x2xi32>
    %1 = arith.subi %0, %y : vector<2x2xi32>
    %2 = arith.muli %1, %y : vector<2x2xi32>
    %3 = arith.divsi %2, %y : vector<2x2xi32>
    %4 = arith.divui %3, %y : vector<2x2xi32>
    %5 = arith.remsi %4, %y : vector<2x2xi32>
    %6 = arith.remui %5, %y : vector<2x2xi32>
    %7 = arith.ceildivsi %6, %y : vector<2x2xi32>
    %8 = arith.ceildivui %7, %y : vector<2x2xi32>
    %9 = arith.floordivsi %8, %y : vector<2x2xi32>
    %10 = arith.andi %9, %y : vector<2x2xi32>
    %11 = arith.ori %10, %y : vector<2x2xi32>
    %12 = arith.xori %11, %y : vector<2x2xi32>
    %13 = arith.shli %12, %y : vector<2x2xi32>
    %14 = arith.shrsi %13, %y : vector<2x2xi32>
    %15 = arith.shrui %14, %y : vector<2x2xi32>
    %16 = arith.maxsi %15, %y : vector<2x2xi32>
    %17 = arith.maxui %16, %y : vector<2x2xi32>
    %18 = arith.minsi %17, %y : vector<2x2xi32>
    %19 = arith.minui %18, %y : vector<2x2xi32>
    %20 = math.absi %19 : vector<2x2xi32>
    %21 = math.ctlz %20 : vector<2x2xi32>
    %22 = math.cttz %21 : vector<2x2xi32>
    %23 = math.ctpop %22 : vector<2x2xi32>
    %24 = math.ipowi %23, %y : vector<2x2xi32>
    %sum, %carry = arith.addui_extended %24, %y : vector<2x2xi32>, vector<2x2xi1>
    %low, %high = arith.mulsi_extended %sum, %y : vector<2x2xi32>
    %ulow, %uhigh = arith.mului_extended %low, %high : vector<2x2xi32>
    %25 = arith.select %carry, %uhigh, %ulow : vector<2x2xi1>, vector<2x2xi32>
    %26 = arith.cmpi eq, %25, %y : vector<2x2xi32>
    %27 = arith.select %26, %25, %y : vector<2x2xi1>, vector<2x2xi32>
    %28 = arith.cmpi ne, %27, %y : vector<2x2xi32>
    %29 = arith.select %28, %27, %y : vector<2x2xi1>, vector<2x2xi32>
    %30 = arith.cmpi slt, %29, %y : vector<2x2xi32>
    %31 = arith.select %30, %29, %y : vector<2x2xi1>, vector<2x2xi32>
    %32 = arith.cmpi sle, %31, %y : vector<2x2xi32>
    %33 = arith.select %32, %31, %y : vector<2x2xi1>, vector<2x2xi32>
    %34 = arith.cmpi sgt, %33, %y : vector<2x2xi32>
    %35 = arith.select %34, %33, %y : vector<2x2xi1>, vector<2x2xi32>
    %36 = arith.cmpi sge, %35, %y : vector<2x2xi32>
    %37 = arith.select %36, %35, %y : vector<2x2xi1>, vector<2x2xi32>
    %38 = arith.cmpi ult, %37, %y : vector<2x2xi32>
    %39 = arith.select %38, %37, %y : vector<2x2xi1>, vector<2x2xi32>
    %40 = arith.cmpi ule, %39, %y : vector<2x2xi32>
    %41 = arith.select %40, %39, %y : vector<2x2xi1>, vector<2x2xi32>
    %42 = arith.cmpi ugt, %41, %y : vector<2x2xi32>
    %43 = arith.select %42, %41, %y : vector<2x2xi1>, vector<2x2xi32>
    %44 = arith.cmpi uge, %43, %y : vector<2x2xi32>
    %45 = arith.select %44, %43, %y : vector<2x2xi1>, vector<2x2xi32>
    %46 = arith.extsi %45 : vector<2x2xi32> to vector<2x2xi64>
    %47 = arith.trunci %46 : vector<2x2xi64> to vector<2x2xi32>
    %48 = arith.extui %47 : vector<2x2xi32> to vector<2x2xi64>
    %49 = arith.trunci %48 : vector<2x2xi64> to vector<2x2xi32>
    %50 = arith.trunci %49 : vector<2x2xi32> to vector<2x2xi8>
    %51 = arith.extui %50 : vector<2x2xi8> to vector<2x2xi32>
    %52 = arith.index_cast %51 : vector<2x2xi32> to vector<2x2xindex>
    %53 = arith.addi %52, %52 : vector<2x2xindex>
    %54 = arith.index_cast %53 : vector<2x2xindex> to vector<2x2xi32>
    %55 = arith.index_castui %54 : vector<2x2xi32> to vector<2x2xindex>
    %56 = arith.addi %55, %55 : vector<2x2xindex>
    %57 = arith.index_castui %56 : vector<2x2xindex> to vector<2x2xi32>
    %58 = vector.extract %57[1] : vector<2xi32> from vector<2x2xi32>
    llvm.store %58, %out : vector<2xi32>, !llvm.ptr<1>
    gpu.return
  }
}
