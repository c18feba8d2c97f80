// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file | FileCheck %s

#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>

// A row that fits is loaded once; there is no loop.
// CHECK-LABEL: tile.kernel @rows
// CHECK-NOT: scf.for
// CHECK: %[[X:.+]] = tile.load {{.*}} -> tensor<2x128xf32>
// CHECK-NOT: tile.load
// CHECK: %[[MAX:.+]] = tile.reduce max %{{.+}} along 1 : tensor<2x128xf32> -> tensor<2xf32>
// CHECK: %[[MAXES:.+]] = tile.broadcast %[[MAX]] along 1
// CHECK: arith.subf %[[X]], %[[MAXES]]
// CHECK: %[[EXP:.+]] = math.exp
// CHECK: %[[SUM:.+]] = tile.reduce add
// CHECK: %[[SUMS:.+]] = tile.broadcast %[[SUM]] along 1
// CHECK: %[[Y:.+]] = arith.divf %[[EXP]], %[[SUMS]]
// CHECK: tile.store %[[Y]]
func.func @short(%x: tensor<10x70xf32>) -> tensor<10x70xf32> {
  %y = ashlar.kernel (%a = %x : tensor<10x70xf32>) schedule({tile = [2, 128], threads = 32 : i64}) -> tensor<10x70xf32> {
    %least = arith.constant dense<0xFF800000> : tensor<10xf32>
    %zero = arith.constant dense<0.0> : tensor<10xf32>
    %e = tensor.empty() : tensor<10x70xf32>
    %m = linalg.reduce {arith.maximumf} ins(%a : tensor<10x70xf32>) outs(%least : tensor<10xf32>) dimensions = [1]
    %s = linalg.generic {indexing_maps = [#rc, #r, #rc], iterator_types = ["parallel", "parallel"]}
        ins(%a, %m : tensor<10x70xf32>, tensor<10xf32>) outs(%e : tensor<10x70xf32>) {
      ^bb0(%v: f32, %max: f32, %o: f32):
        %0 = arith.subf %v, %max : f32
        %1 = math.exp %0 : f32
        linalg.yield %1 : f32
    } -> tensor<10x70xf32>
    %t = linalg.reduce {arith.addf} ins(%s : tensor<10x70xf32>) outs(%zero : tensor<10xf32>) dimensions = [1]
    %q = linalg.generic {indexing_maps = [#rc, #r, #rc], iterator_types = ["parallel", "parallel"]}
        ins(%s, %t : tensor<10x70xf32>, tensor<10xf32>) outs(%e : tensor<10x70xf32>) {
      ^bb0(%v: f32, %sum: f32, %o: f32):
        %0 = arith.divf %v, %sum : f32
        linalg.yield %0 : f32
    } -> tensor<10x70xf32>
    ashlar.yield %q : tensor<10x70xf32>
  }
  return %y : tensor<10x70xf32>
}

// -----
#rc = affine_map<(r, c) -> (r, c)>
#r = affine_map<(r, c) -> (r)>

// A longer row is read twice: once to sum it, once to compute with the sum. The sum is a result, too; rows are dynamic.
// CHECK-LABEL: tile.kernel @rows
// CHECK: %[[PARTIAL:.+]] = scf.for %{{.+}} = %c0 to %c1000 step %c256
// CHECK: tile.load
// CHECK: %[[SUM:.+]] = tile.reduce add %[[PARTIAL]] along 1 : tensor<1x256xf32> -> tensor<1xf32>
// CHECK: %[[TOTAL:.+]] = arith.addf %{{.+}}, %[[SUM]]
// CHECK: tile.store %[[TOTAL]]
// CHECK: scf.for %[[C:.+]] = %c0 to %c1000 step %c256 {
// CHECK: %[[X:.+]] = tile.load {{.*}} -> tensor<256xf32>
// CHECK: %[[Y:.+]] = arith.divf
// CHECK: tile.store %[[Y]], %{{.+}}[%{{.+}}, %[[C]]]
func.func @long(%x: tensor<?x1000xf32>, %z: tensor<?xf32>) -> (tensor<?x1000xf32>, tensor<?xf32>) {
  %y:2 = ashlar.kernel (%a = %x : tensor<?x1000xf32>, %b = %z : tensor<?xf32>)
      schedule({tile = [1, 256], threads = 32 : i64}) -> (tensor<?x1000xf32>, tensor<?xf32>) {
    %t = linalg.reduce {arith.addf} ins(%a : tensor<?x1000xf32>) outs(%b : tensor<?xf32>) dimensions = [1]
    %q = linalg.generic {indexing_maps = [#rc, #r, #rc], iterator_types = ["parallel", "parallel"]}
        ins(%a, %t : tensor<?x1000xf32>, tensor<?xf32>) outs(%a : tensor<?x1000xf32>) {
      ^bb0(%v: f32, %sum: f32, %o: f32):
        %0 = arith.divf %v, %sum : f32
        linalg.yield %0 : f32
    } -> tensor<?x1000xf32>
    ashlar.yield %q, %t : tensor<?x1000xf32>, tensor<?xf32>
  }
  return %y#0, %y#1 : tensor<?x1000xf32>, tensor<?xf32>
}
