// What stands on a kernel about its launch becomes part of the plan: clusters, persistent grids, programmatic launches
// and tensor maps, in expressions of the function's dimensions.

// RUN: ashlar-compile %s --from=llvm --target=sm_90a --no-reference -o %t.ashlar
// RUN: unzip -p %t.ashlar manifest.json | FileCheck %s

// CHECK: "grid": {{\[\[}}"*",["ceildiv",["dim","input0_dim0"],128],2],1,1],
// CHECK-NEXT: "block": [256,1,1],
// CHECK-NEXT: "cluster": [2,1,1],
// CHECK-NEXT: "dynamic_shared_bytes": 65536,
// CHECK-NEXT: "arguments": [
// CHECK-NEXT: {"input":0},
// CHECK-NEXT: {"input":1},
// CHECK-NEXT: {"slot":0},
// CHECK-NEXT: {"i32":["dim","input0_dim0"]},
// CHECK: "buffer": {"input":0},
// CHECK-NEXT: "offset": 0,
// CHECK-NEXT: "element": "f16",
// CHECK-NEXT: "extents": [64,["dim","input0_dim0"]],
// CHECK-NEXT: "strides": [128],
// CHECK-NEXT: "swizzle": 128,
// CHECK-NEXT: "box": [64,128]
// CHECK: "buffer": {"slot":0},
// CHECK-NEXT: "offset": 16,
// CHECK-NEXT: "element": "u8",
// CHECK-NEXT: "extents": [32,8,["dim","input0_dim0"]],
// CHECK-NEXT: "strides": [64,512],
// CHECK-NEXT: "swizzle": 0,
// CHECK-NEXT: "element_strides": [1,2,1],
// CHECK-NEXT: "box": [16,1,1]
// CHECK: "element": "bf16",
// CHECK-NEXT: "extents": [64,32,64],
// CHECK-NEXT: "strides": [128,4096],
// CHECK-NEXT: "swizzle": 64,
// CHECK-NEXT: "im2col": {"lower":[-1],"upper":[-2],"channels":32,"pixels":128}
// CHECK: "persistent_blocks": 1,
// CHECK-NEXT: "programmatic_launch": true
// A kernel without these attributes has none of their keys.
// CHECK: "kernel": "finish",
// CHECK: "cluster": [1,1,1],
// CHECK-NOT: "tensor_map"
// CHECK-NOT: "persistent_blocks"
// CHECK-NOT: "programmatic_launch"
// CHECK: "constants"

// What cannot be launched is refused where it stands.
// RUN: sed 's/ceildiv 128 \* 2/ceildiv 128/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=CLUSTER
// CLUSTER: error: 'llvm.func' op runs in clusters of 2 blocks along dimension 0, of which its grid is not known to be a multiple; round it up in ashlar.grid
// RUN: sed 's/buffer = 2/buffer = 3/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=BUFFER
// BUFFER: error: 'llvm.func' op tensor map 1: there is no buffer 3; the kernel has 3
// RUN: sed 's/element = f8E4M3FN/element = i4/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=ELEMENT
// ELEMENT: error: 'llvm.func' op tensor map 1: its 'element' must be a type of 8, 16, 32 or 64 bits; narrower ones are copied as bytes
// RUN: sed 's/box = array<i64: 64, 128>, //' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=BOX
// BOX: error: 'llvm.func' op tensor map 0: its 'box' must be an array of integers
// RUN: sed 's/()\[rows\] -> (128)/() -> (128)/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=SYMBOLS
// SYMBOLS: error: 'llvm.func' op tensor map 0: its 'strides' must be an affine map of the kernel's 1 runtime dimensions as symbols
// RUN: sed 's/offset = 16 : i64/offset = "16"/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=OFFSET
// OFFSET: error: 'llvm.func' op tensor map 1: its 'offset' must be an integer
// RUN: sed 's/im2col = {.*}, swizzle = 64/im2col = 1 : i64, swizzle = 64/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=IM2COL
// IM2COL: error: 'llvm.func' op tensor map 2: its 'im2col' must be a dictionary
// RUN: sed 's/, %map_w: !llvm.ptr)/)/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=ARGUMENTS
// ARGUMENTS: error: 'llvm.func' op takes 6 arguments, but its launch has 7: buffers, runtime dimensions and tensor maps
// The limits of the hardware are those of the whole manifest.
// RUN: sed 's/array<i64: 64, 128>/array<i64: 64, 300>/' %s > %t.mlir && not ashlar-compile %t.mlir --from=llvm --target=sm_90a -o %t.none 2>&1 | FileCheck %s --check-prefix=LIMIT
// LIMIT: error: the package cannot be written: the package to write is inconsistent: manifest.json: functions[0].steps[0].arguments[4].tensor_map: tensor map: box 300 of dimension 1 is not in 1 to 256

module {
gpu.module @kernels {
  llvm.func @product(%x: !llvm.ptr<1>, %w: !llvm.ptr<1>, %y: !llvm.ptr<1>, %rows: i32, %map_x: !llvm.ptr, %map_y: !llvm.ptr, %map_w: !llvm.ptr)
      attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 256, 1, 1>, nvvm.cluster_dim = array<i32: 2, 1, 1>,
        ashlar.shared_bytes = 65536 : i64, ashlar.grid = affine_map<()[rows] -> (rows ceildiv 128 * 2, 1, 1)>,
        ashlar.persistent_grid = 1 : i64, ashlar.programmatic_launch,
        ashlar.tensor_maps = [
          {buffer = 0 : i64, element = f16, extents = affine_map<()[rows] -> (64, rows)>,
           strides = affine_map<()[rows] -> (128)>, offset = 0 : i64, box = array<i64: 64, 128>, swizzle = 128 : i64},
          {buffer = 2 : i64, element = f8E4M3FN, extents = affine_map<()[rows] -> (32, 8, rows)>,
           strides = affine_map<()[rows] -> (64, 512)>, offset = 16 : i64, box = [16, 1, 1],
           element_strides = array<i64: 1, 2, 1>, swizzle = 0 : i64},
          {buffer = 1 : i64, element = bf16, extents = affine_map<()[rows] -> (64, 32, 64)>,
           strides = affine_map<()[rows] -> (128, 4096)>, offset = 0 : i64,
           im2col = {lower = array<i64: -1>, upper = array<i64: -2>, channels = 32 : i64, pixels = 128 : i64}, swizzle = 64 : i64}]} {
    llvm.return
  }
  llvm.func @finish(%y: !llvm.ptr<1>, %z: !llvm.ptr<1>, %rows: i32)
      attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 128, 1, 1>, ashlar.shared_bytes = 0 : i64,
        ashlar.grid = affine_map<()[rows] -> (rows, 1, 1)>} {
    llvm.return
  }
}
func.func @linear(%x: tensor<?x64xf16>, %w: tensor<4096x64xf16>) -> tensor<?x4096xf16> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x64xf16>
  %y = tile.launch @kernels::@product(%x, %w) dimensions(%rows) result_dimensions(%rows) : (tensor<?x64xf16>, tensor<4096x64xf16>) -> tensor<?x4096xf16>
  %z = tile.launch @kernels::@finish(%y) dimensions(%rows) result_dimensions(%rows) : (tensor<?x4096xf16>) -> tensor<?x4096xf16>
  return %z : tensor<?x4096xf16>
}
}
