"""Products and attention in Triton, as plain as a user would write them who wants Hopper's copies and tensor cores: operands come
through descriptors, the compiler pipelines the loops. A few block sizes are tried for every case and the fastest one counts.

Decoding treats the query heads that share keys as the rows of a tile; the keys are not split among blocks.
"""

import itertools

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor


# --- Products ---------------------------------------------------------------------------------------------------------

@triton.jit
def product_kernel(x, w, y, m, n, k, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
                   SUM: tl.constexpr, RESULT: tl.constexpr):
    """x [m, k] times the transpose of w [n, k]. Blocks go down GROUP rows before they go right, which keeps w in L2."""
    block, across = tl.program_id(0), tl.cdiv(n, BN)
    down = tl.cdiv(m, BM)
    first = block // (GROUP * across) * GROUP
    height = min(down - first, GROUP)
    row = (first + block % (GROUP * across) % height) * BM
    column = block % (GROUP * across) // height * BN
    total = tl.zeros((BM, BN), dtype=SUM)
    for at in range(0, k, BK):
        total = tl.dot(x.load([row, at]), w.load([column, at]).T, total, out_dtype=SUM)
    y.store([row, column], total.to(RESULT))


NUMBERS = {torch.bfloat16: tl.bfloat16, torch.float16: tl.float16, torch.int32: tl.int32}


def product_candidates(m, n, bits):
    """Block sizes, warps and stages worth a try."""
    depth = 128 if bits == 8 else 64
    if m <= 64:
        rows = max(16, triton.next_power_of_2(m))
        return [(rows, columns, depth * deeper, 4, stages)
                for columns, deeper, stages in itertools.product((32, 64, 128), (1, 2), (4,))]
    return [(128, 256, depth, 8, 3), (128, 128, depth, 8, 4), (128, 128, depth, 4, 3), (64, 128, depth, 4, 4)]


def product_calls(x, w, y):
    """One call for each candidate. `w` is stored as [n, k]."""
    (m, k), n = x.shape, w.shape[0]
    total = tl.int32 if y.dtype == torch.int32 else tl.float32
    for rows, columns, depth, warps, stages in product_candidates(m, n, x.element_size() * 8):
        descriptors = [TensorDescriptor.from_tensor(tensor, block)
                       for tensor, block in ((x, [rows, depth]), (w, [columns, depth]), (y, [rows, columns]))]
        grid = (triton.cdiv(m, rows) * triton.cdiv(n, columns),)

        def call(grid=grid, descriptors=descriptors, sizes=(rows, columns, depth), warps=warps, stages=stages):
            product_kernel[grid](*descriptors, m, n, k, *sizes, GROUP=8, SUM=total, RESULT=NUMBERS[y.dtype], num_warps=warps,
                                 num_stages=stages)
            return y
        yield call


# --- Attention --------------------------------------------------------------------------------------------------------

@triton.jit
def attend_block(tile_q, k, v, head, first, last_key, scale, maximum, total, result, BN: tl.constexpr, D: tl.constexpr,
                 MASK: tl.constexpr):
    """One block of keys of the running softmax. `last_key`: of each row, the last key that it sees."""
    scores = tl.dot(tile_q, k.load([head, first, 0]).reshape(BN, D).T) * scale
    if MASK:
        scores = tl.where(first + tl.arange(0, BN)[None, :] <= last_key[:, None], scores, float("-inf"))
    higher = tl.maximum(maximum, tl.max(scores, 1))
    weights = tl.exp2(scores - higher[:, None])
    shrink = tl.exp2(maximum - higher)
    tile_v = v.load([head, first, 0]).reshape(BN, D)
    result = tl.dot(weights.to(tile_v.dtype), tile_v, result * shrink[:, None])
    return higher, total * shrink + tl.sum(weights, 1), result


@triton.jit
def attention_kernel(q, k, v, y, queries, keys, scale, GROUP: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
                     D: tl.constexpr, CAUSAL: tl.constexpr, RESULT: tl.constexpr):
    """Tensors are [heads of all batches, length, D]; GROUP query heads share a head of keys. The longest rows start first."""
    start = (tl.num_programs(0) - 1 - tl.program_id(0)) * BM
    head = tl.program_id(1)
    of_keys = head // GROUP
    tile_q = q.load([head, start, 0]).reshape(BM, D)
    maximum = tl.full((BM,), float("-inf"), dtype=tl.float32)
    total = tl.zeros((BM,), dtype=tl.float32)
    result = tl.zeros((BM, D), dtype=tl.float32)
    if CAUSAL:
        last_key = start + tl.arange(0, BM) + keys - queries
        unmasked = (start + keys - queries + 1) // BN * BN
        end = min(keys, start + BM + keys - queries)
    else:
        last_key = tl.full((BM,), 0, dtype=tl.int32) + keys - 1
        unmasked = keys // BN * BN
        end = keys
    for first in range(0, unmasked, BN):
        maximum, total, result = attend_block(tile_q, k, v, of_keys, first, last_key, scale, maximum, total, result, BN, D, False)
    for first in range(unmasked, end, BN):
        maximum, total, result = attend_block(tile_q, k, v, of_keys, first, last_key, scale, maximum, total, result, BN, D, True)
    y.store([head, start, 0], (result / total[:, None]).to(RESULT).reshape(1, BM, D))


def attention_calls(q, k, v, y, causal):
    """One call for each candidate."""
    batch, heads, queries, size = q.shape
    kv_heads, keys = k.shape[1], k.shape[2]
    group = heads // kv_heads
    if queries == 1:  # The heads of a group become rows.
        queries, group = group, 1
    rows_of, q = (tensor.view(-1, queries, size) for tensor in (y, q))
    k, v = (tensor.view(-1, keys, size) for tensor in (k, v))
    candidates = [(16, 64, 4, 3), (16, 128, 4, 3)] if queries <= 16 else \
        [(128, 64, 8, 2)] if size > 128 else [(128, 128, 8, 2), (128, 64, 8, 3), (128, 64, 4, 3), (64, 64, 4, 3)]
    for rows, columns, warps, stages in candidates:
        descriptors = [TensorDescriptor.from_tensor(tensor, [1, block, size])
                       for tensor, block in ((q, rows), (k, columns), (v, columns), (rows_of, rows))]
        grid = (triton.cdiv(queries, rows), q.shape[0])

        def call(grid=grid, descriptors=descriptors, blocks=(rows, columns), warps=warps, stages=stages):
            attention_kernel[grid](*descriptors, queries, keys, size ** -0.5 * 1.4426950408889634, group, *blocks, size, causal,
                                   NUMBERS[q.dtype], num_warps=warps, num_stages=stages)
            return y
        yield call
