// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file | FileCheck %s

// A chunk of 512 columns at a time into a tile of partial maxima, which is reduced once, after the loop. 1000 is no
// multiple of 512: the columns outside leave the partial results alone. The epilogue acts on rows.
// CHECK-LABEL: tile.kernel @reduction
// CHECK-SAME: threads 128
// CHECK: %[[START:.+]] = arith.constant dense<0xFC00> : tensor<4x512xf16>
// CHECK: %[[PARTIAL:.+]] = scf.for %[[J:.+]] = %c0 to %c1000 step %c512 iter_args(%[[ACC:.+]] = %[[START]])
// CHECK: %[[X:.+]] = tile.load {{.*}} -> tensor<4x512xf16>
// CHECK: %[[MAX:.+]] = arith.maximumf %{{.+}}, %{{.+}} : tensor<4x512xf16>
// CHECK: %[[COLUMN:.+]] = tile.iota %[[J]] along 0 : tensor<512xi32>
// CHECK: %[[INSIDE:.+]] = arith.cmpi slt, %[[COLUMN]]
// CHECK: %[[MASK:.+]] = tile.broadcast %[[INSIDE]] along 0
// CHECK: %[[NEXT:.+]] = arith.select %[[MASK]], %[[MAX]], %[[ACC]]
// CHECK: scf.yield %[[NEXT]]
// CHECK: %[[ROWS:.+]] = tile.reduce max %[[PARTIAL]] along 1 : tensor<4x512xf16> -> tensor<4xf16>
// CHECK: %[[EXP:.+]] = math.exp %[[ROWS]] : tensor<4xf16>
// CHECK: tile.store %[[EXP]]
func.func @row_maximum(%x: tensor<?x1000xf16>) -> tensor<?xf16> {
  %y = ashlar.kernel (%a = %x : tensor<?x1000xf16>) schedule({tile = [4, 512], threads = 128 : i64}) -> tensor<?xf16> {
    %least = arith.constant 0xFC00 : f16
    %c0 = arith.constant 0 : index
    %d = tensor.dim %a, %c0 : tensor<?x1000xf16>
    %e = tensor.empty(%d) : tensor<?xf16>
    %f = linalg.fill ins(%least : f16) outs(%e : tensor<?xf16>) -> tensor<?xf16>
    %r = linalg.reduce {arith.maximumf} ins(%a : tensor<?x1000xf16>) outs(%f : tensor<?xf16>) dimensions = [1]
    %g = linalg.map {math.exp} ins(%r : tensor<?xf16>) outs(%e : tensor<?xf16>)
    ashlar.yield %g : tensor<?xf16>
  }
  return %y : tensor<?xf16>
}

// -----
// Everything is one element; the initial value is not neutral.
// CHECK-LABEL: tile.kernel @reduction
// CHECK: scf.for
// CHECK: %[[SUM:.+]] = tile.reduce add %{{.+}} along 1 : tensor<1x128xi32> -> tensor<1xi32>
// CHECK: %[[FIVE:.+]] = arith.constant dense<5> : tensor<1xi32>
// CHECK: %[[ALL:.+]] = arith.addi %[[FIVE]], %[[SUM]]
// CHECK: tile.store %[[ALL]], %{{.+}}[%c0] {in_bounds = array<i1: true>}
func.func @sum_of_all(%x: tensor<100x70xi32>) -> tensor<i32> {
  %y = ashlar.kernel (%a = %x : tensor<100x70xi32>) schedule({tile = [1, 128], threads = 128 : i64}) -> tensor<i32> {
    %c = arith.constant dense<5> : tensor<i32>
    %r = linalg.reduce {arith.addi} ins(%a : tensor<100x70xi32>) outs(%c : tensor<i32>) dimensions = [0, 1]
    ashlar.yield %r : tensor<i32>
  }
  return %y : tensor<i32>
}

// -----
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>

// Any other body runs element by element, several results at once, indices as i32.
// CHECK-LABEL: tile.kernel @reduction
// CHECK: scf.for %[[N:.+]] = %c0 to %c70 step %c1 iter_args(%[[BEST:.+]] = %{{.+}}, %[[WHERE:.+]] = %{{.+}}) -> (tensor<128xf32>, tensor<128xi64>)
// CHECK: %[[V:.+]] = tile.load {{.*}} -> tensor<128xf32>
// CHECK: arith.index_cast %[[N]] : index to i32
// CHECK: arith.extsi {{.*}} : i32 to i64
// CHECK: %[[IS:.+]] = arith.cmpf ogt, %[[V]], %[[BEST]]
// CHECK: arith.select %[[IS]], %[[V]], %[[BEST]]
// CHECK-COUNT-2: tile.store
func.func @arg_max(%x: tensor<100x70xf32>) -> (tensor<100xf32>, tensor<100xi64>) {
  %y:2 = ashlar.kernel (%a = %x : tensor<100x70xf32>) schedule({tile = [128, 1], threads = 128 : i64})
      -> (tensor<100xf32>, tensor<100xi64>) {
    %c = arith.constant dense<0xFF800000> : tensor<100xf32>
    %i = arith.constant dense<0> : tensor<100xi64>
    %r:2 = linalg.generic {indexing_maps = [#mn, #m, #m], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<100x70xf32>) outs(%c, %i : tensor<100xf32>, tensor<100xi64>) {
      ^bb0(%v: f32, %best: f32, %where: i64):
        %n = linalg.index 1 : index
        %n64 = arith.index_cast %n : index to i64
        %is = arith.cmpf ogt, %v, %best : f32
        %s = arith.select %is, %v, %best : f32
        %t = arith.select %is, %n64, %where : i64
        linalg.yield %s, %t : f32, i64
    } -> (tensor<100xf32>, tensor<100xi64>)
    ashlar.yield %r#0, %r#1 : tensor<100xf32>, tensor<100xi64>
  }
  return %y#0, %y#1 : tensor<100xf32>, tensor<100xi64>
}

// -----
// Only the view's map is transposed; the batch is a symbol.
// CHECK-DAG: #[[$FROM:.+]] = affine_map<(d0, d1)[s0] -> (s0, d1, d0)>
// CHECK-DAG: #[[$TO:.+]] = affine_map<(d0, d1)[s0] -> (s0, d0, d1)>
// CHECK-LABEL: tile.kernel @elementwise
// CHECK: %[[IN:.+]] = tile.view %arg0[%[[BATCH:.+]]] map #[[$FROM]] {{.*}} -> <70x100xf32>
// CHECK: %[[T:.+]] = tile.load %[[IN]]{{.*}} -> tensor<32x32xf32>
// CHECK: %[[OUT:.+]] = tile.view %arg1[%[[BATCH]]] map #[[$TO]]
// CHECK: tile.store %[[T]], %[[OUT]]
func.func @transposition(%x: tensor<3x100x70xf32>) -> tensor<3x70x100xf32> {
  %y = ashlar.kernel (%a = %x : tensor<3x100x70xf32>) schedule({tile = [1, 32, 32], threads = 128 : i64})
      -> tensor<3x70x100xf32> {
    %e = tensor.empty() : tensor<3x70x100xf32>
    %r = linalg.transpose ins(%a : tensor<3x100x70xf32>) outs(%e : tensor<3x70x100xf32>) permutation = [0, 2, 1]
    ashlar.yield %r : tensor<3x70x100xf32>
  }
  return %y : tensor<3x70x100xf32>
}

// -----
// One tile size for three dimensions: elements are numbered through. What is outside of the source is selected away.
// CHECK-DAG: #[[$FROM:.+]] = affine_map<(d0) -> (d0 floordiv 72, (d0 floordiv 9) mod 8 - 1, d0 mod 9)>
// CHECK-DAG: #[[$TO:.+]] = affine_map<(d0) -> (d0 floordiv 72, (d0 floordiv 9) mod 8, d0 mod 9)>
// CHECK-LABEL: tile.kernel @elementwise
// CHECK: %[[V:.+]] = tile.view %arg0 map #[[$FROM]] {{.*}} -> <144xf32>
// CHECK: %[[X:.+]] = tile.load %[[V]]
// CHECK: %[[ONE:.+]] = arith.constant dense<1.000000e+00>
// CHECK: arith.select %{{.+}}, %[[X]], %[[ONE]] : tensor<128xi1>, tensor<128xf32>
// CHECK: tile.view %arg1 map #[[$TO]]
func.func @padding_flat(%x: tensor<2x5x7xf32>) -> tensor<2x8x9xf32> {
  %y = ashlar.kernel (%a = %x : tensor<2x5x7xf32>) schedule({tile = [128], threads = 128 : i64}) -> tensor<2x8x9xf32> {
    %one = arith.constant 1.0 : f32
    %r = tensor.pad %a low[0, 1, 0] high[0, 2, 2] {
      ^bb0(%i: index, %j: index, %k: index):
        tensor.yield %one : f32
    } : tensor<2x5x7xf32> to tensor<2x8x9xf32>
    ashlar.yield %r : tensor<2x8x9xf32>
  }
  return %y : tensor<2x8x9xf32>
}
