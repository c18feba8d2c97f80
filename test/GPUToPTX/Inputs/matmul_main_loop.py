"""Prints one thread's program of C = A B: 128x128x32 block, four warps of 64x64, two stages of cp.async.

It is what the tile level generates, written down by hand: register tiles are n-D vectors (32x4 accumulators,
4x8 and 8x4 operand fragments) that go through scf.for; everything is unrolled, as a kernel's main loop is.
The argument is the type of A and B, f16 or bf16; C is f32. All dimensions are multiples of the block.
"""

import sys

TYPE = sys.argv[1]
BLOCK, DEPTH, WARP_ROWS, WARP_COLUMNS = 128, 32, 4, 8  # Fragments of 16x16 (A) and 16x8 (B) in a warp.
A_BYTES = BLOCK * DEPTH * 2
STAGE_BYTES = 2 * A_BYTES
ACCUMULATORS = f"vector<{WARP_ROWS * WARP_COLUMNS}x4xf32>"
WORDS = "!llvm.struct<(i32, i32, i32, i32)>"
FLOATS = "!llvm.struct<(f32, f32, f32, f32)>"

count = 0


def op(text):
    """Emits an operation with one result and returns the result's name."""
    global count
    count += 1
    print(f"    %v{count} = {text}")
    return f"%v{count}"


def run(text):
    print(f"    {text}")


def const(value):
    return op(f"arith.constant {value} : i32")


def calc(name, a, b):
    a, b = (x if isinstance(x, str) else const(x) for x in (a, b))
    return op(f"arith.{name} {a}, {b} : i32")


def address(base, offset, space):
    offset = offset if isinstance(offset, str) else const(offset)
    return op(f"llvm.getelementptr {base}[{offset}] : (!llvm.ptr<{space}>, i32) -> !llvm.ptr<{space}>, i8")


def copy_operand(source, pitch, rows, shared, shared_step):
    """Four chunks of 16 bytes a thread, `rows` rows apart."""
    for i in range(4):
        chunk = address(source, calc("muli", pitch, rows * i), 1)
        target = address(shared, shared_step * i, 3)
        run(f"nvvm.cp.async.shared.global {target}, {chunk}, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>")


def copy_stage(step, stage):
    """Starts copying slice `step` into the stage at byte `stage`. A has four chunks a row, B sixteen."""
    a = address("%a", calc("addi", A_GLOBAL, calc("muli", step, DEPTH * 2)), 1)
    copy_operand(a, A_PITCH, 32, address("%smem", calc("addi", A_SHARED, stage), 3), 32 * DEPTH * 2)
    b = address("%b", calc("addi", B_GLOBAL, calc("muli", calc("muli", step, DEPTH), B_PITCH)), 1)
    shared = address("%smem", calc("addi", calc("addi", B_SHARED, A_BYTES), stage), 3)
    copy_operand(b, B_PITCH, 8, shared, 8 * BLOCK * 2)
    run("nvvm.cp.async.commit.group")


def load_matrices(pointer, layout):
    """Four 8x8 matrices, one word each."""
    words = op(
        f"nvvm.ldmatrix {pointer} {{eltType = #nvvm.ld_st_matrix_elt_type<b16>, "
        f"layout = #nvvm.mma_layout<{layout}>, num = 4 : i32, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>}} "
        f": (!llvm.ptr<3>) -> {WORDS}"
    )
    return [op(f"llvm.extractvalue {words}[{i}] : {WORDS}") for i in range(4)]


def insert_row(tile, tile_type, row, words):
    values = op(f"vector.from_elements {', '.join(words)} : vector<{len(words)}xi32>")
    row_type = f"vector<{2 * len(words)}x{TYPE}>"
    values = op(f"vector.bitcast {values} : vector<{len(words)}xi32> to {row_type}")
    return op(f"vector.insert {values}, {tile} [{row}] : {row_type} into {tile_type}")


def registers(tile, tile_type, row, words):
    """The words of a fragment row, in the type that mma.sync wants: pairs of f16, but words of bf16."""
    values = op(f"vector.extract {tile}[{row}] : vector<{2 * words}x{TYPE}> from {tile_type}")
    if TYPE == "f16":
        return [
            op(
                f"vector.extract_strided_slice {values} {{offsets = [{2 * i}], sizes = [2], strides = [1]}} "
                f": vector<{2 * words}xf16> to vector<2xf16>"
            )
            for i in range(words)
        ]
    values = op(f"vector.bitcast {values} : vector<{2 * words}x{TYPE}> to vector<{words}xi32>")
    return [op(f"vector.extract {values}[{i}] : i32 from vector<{words}xi32>") for i in range(words)]


def multiply(accumulators, index, a, b):
    """One mma.sync on row `index` of the accumulators; returns the new accumulators."""
    row = op(f"vector.extract {accumulators}[{index}] : vector<4xf32> from {ACCUMULATORS}")
    c = [op(f"vector.extract {row}[{i}] : f32 from vector<4xf32>") for i in range(4)]
    operand = "vector<2xf16>" if TYPE == "f16" else "i32"
    types = (
        ""
        if TYPE == "f16"
        else ("multiplicandAPtxType = #nvvm.mma_type<bf16>, " "multiplicandBPtxType = #nvvm.mma_type<bf16>, ")
    )
    d = op(
        f"nvvm.mma.sync A[{', '.join(a)}] B[{', '.join(b)}] C[{', '.join(c)}] {{layoutA = #nvvm.mma_layout<row>, "
        f"layoutB = #nvvm.mma_layout<col>, {types}shape = #nvvm.shape<m = 16, n = 8, k = 16>}} "
        f": ({operand}, {operand}, f32) -> {FLOATS}"
    )
    d = [op(f"llvm.extractvalue {d}[{i}] : {FLOATS}") for i in range(4)]
    row = op(f"vector.from_elements {', '.join(d)} : vector<4xf32>")
    return op(f"vector.insert {row}, {accumulators} [{index}] : vector<4xf32> into {ACCUMULATORS}")


def multiply_slice(accumulators, stage, k):
    """Sixteen columns of A and rows of B: loads the fragments, then all products."""
    a_type, b_type = f"vector<{WARP_ROWS}x8x{TYPE}>", f"vector<{WARP_COLUMNS}x4x{TYPE}>"
    a, b = op(f"ub.poison : {a_type}"), op(f"ub.poison : {b_type}")
    chunk = calc("xori", calc("addi", LANE_HALF, 2 * k), A_SWIZZLE)
    base = address(
        "%smem", calc("addi", stage, calc("addi", calc("muli", A_ROW, 64), calc("muli", chunk, 16))), 3
    )
    for i in range(WARP_ROWS):
        a = insert_row(a, a_type, i, load_matrices(address(base, 16 * 64 * i, 3), "row"))
    for j in range(WARP_COLUMNS // 2):
        chunk = calc("xori", calc("addi", calc("addi", calc("muli", WARP_N, 8), 2 * j), LANE_HALF), B_SWIZZLE)
        offset = calc("addi", calc("muli", LANE_ROW, BLOCK * 2), calc("muli", chunk, 16))
        offset = calc("addi", calc("addi", stage, A_BYTES + k * 16 * BLOCK * 2), offset)
        words = load_matrices(address("%smem", offset, 3), "col")
        b = insert_row(b, b_type, 2 * j, words[:2])
        b = insert_row(b, b_type, 2 * j + 1, words[2:])
    for i in range(WARP_ROWS):
        for j in range(WARP_COLUMNS):
            accumulators = multiply(
                accumulators, i * WARP_COLUMNS + j, registers(a, a_type, i, 4), registers(b, b_type, j, 2)
            )
    return accumulators


print("""gpu.module @kernels {
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64}
      : !llvm.array<0 x i8>
  gpu.func @matmul(%a: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias},
                   %b: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias},
                   %c: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}, %columns: i32, %depth: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    %smem = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %bx = nvvm.read.ptx.sreg.ctaid.x : i32
    %by = nvvm.read.ptx.sreg.ctaid.y : i32""")
LANE, WARP = calc("andi", "%tid", 31), calc("shrui", "%tid", 5)
WARP_M, WARP_N = calc("andi", WARP, 1), calc("shrui", WARP, 1)
FIRST_ROW, FIRST_COLUMN = calc("muli", "%by", BLOCK), calc("muli", "%bx", BLOCK)
# Copies: thread t moves chunk t % 4 of row t / 4 of A, and chunk t % 16 of row t / 16 of B, swizzled.
A_PITCH, B_PITCH = calc("muli", "%depth", 2), calc("muli", "%columns", 2)
row, chunk = calc("shrui", "%tid", 2), calc("andi", "%tid", 3)
A_GLOBAL = calc("addi", calc("muli", calc("addi", FIRST_ROW, row), A_PITCH), calc("muli", chunk, 16))
chunk = calc("xori", chunk, calc("andi", calc("shrui", row, 1), 3))
A_SHARED = calc("addi", calc("muli", row, 64), calc("muli", chunk, 16))
row, chunk = calc("shrui", "%tid", 4), calc("andi", "%tid", 15)
B_GLOBAL = calc(
    "addi", calc("muli", row, B_PITCH), calc("addi", calc("muli", FIRST_COLUMN, 2), calc("muli", chunk, 16))
)
B_SHARED = calc(
    "addi", calc("muli", row, BLOCK * 2), calc("muli", calc("xori", chunk, calc("andi", row, 7)), 16)
)
# Loads: lane l reads row l % 16 of each pair of matrices.
LANE_ROW, LANE_HALF = calc("andi", LANE, 15), calc("shrui", LANE, 4)
A_ROW = calc("addi", calc("muli", WARP_M, 64), LANE_ROW)
A_SWIZZLE, B_SWIZZLE = calc("andi", calc("shrui", A_ROW, 1), 3), calc("andi", LANE_ROW, 7)

zero, one = const(0), const(1)
copy_stage(zero, zero)
copy_stage(one, const(STAGE_BYTES))
steps = calc("divui", "%depth", DEPTH)
start = op(f"arith.constant dense<0.0> : {ACCUMULATORS}")
run(
    f"%sum = scf.for %step = {zero} to {steps} step {one} iter_args(%tile = {start}) -> {ACCUMULATORS} : i32 {{"
)
run("nvvm.cp.async.wait.group 1")
run("gpu.barrier")
stage = calc("muli", calc("andi", "%step", 1), STAGE_BYTES)
tile = "%tile"
for k in range(DEPTH // 16):
    tile = multiply_slice(tile, stage, k)
run("gpu.barrier")
following = calc("addi", "%step", 2)
run(f"scf.if {op(f'arith.cmpi ult, {following}, {steps} : i32')} {{")
copy_stage(following, stage)
run("} else {")
run("nvvm.cp.async.commit.group")
run("}")
run(f"scf.yield {tile} : {ACCUMULATORS}")
run("}")

row = calc("addi", calc("addi", FIRST_ROW, calc("muli", WARP_M, 64)), calc("shrui", LANE, 2))
column = calc(
    "addi", calc("addi", FIRST_COLUMN, calc("muli", WARP_N, 64)), calc("muli", calc("andi", LANE, 3), 2)
)
pitch = calc("muli", "%columns", 4)
base = address("%c", calc("addi", calc("muli", row, pitch), calc("muli", column, 4)), 1)
for i in range(WARP_ROWS):
    for half in range(2):
        line = address(base, calc("muli", pitch, 16 * i + 8 * half), 1)
        for j in range(WARP_COLUMNS):
            row = op(f"vector.extract %sum[{i * WARP_COLUMNS + j}] : vector<4xf32> from {ACCUMULATORS}")
            pair = op(
                f"vector.extract_strided_slice {row} {{offsets = [{2 * half}], sizes = [2], strides = [1]}} "
                ": vector<4xf32> to vector<2xf32>"
            )
            run(
                f"llvm.store {pair}, {address(line, 32 * j, 1)} {{alignment = 8 : i64}} : vector<2xf32>, !llvm.ptr<1>"
            )
run("gpu.return")
print("  }\n}")
