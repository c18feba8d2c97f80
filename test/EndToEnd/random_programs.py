#!/usr/bin/env python3
"""Compiles random valid programs of one family and runs them on the simulator against the reference.

usage: random_programs.py FAMILY --seed N --count N [--target GPU] [--keep DIR]

Shapes are drawn from sizes that break things: none, one, odd, a tile, a tile and one more; those of the dynamic families
are compiled once and called with several. A program passes if it compiles, if
its result agrees with the reference and if the simulator, with all checks and asynchronous copies completing at the
earliest and at the latest legal moment, finds nothing. What fails is printed with the program. The simulator runs what
was compiled for the target; for sm_90a most sizes are such that rows can be copied by tensor maps.
"""

import argparse
import math
import pathlib
import random
import subprocess
import sys
import tempfile

SIZES = (1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 100, 128, 130)
ALIGNED_SIZES = (1, 3, 8, 16, 24, 40, 64, 72, 96, 128, 136, 200, 256, 264, 320)
FLOATS = ("f32", "f16", "bf16")


def tensor(dims, element):
    return f"tensor<{''.join(f'{dim}x' for dim in dims)}{element}>"


class Program:
    """One function: its text and, for each call, the input specification of each argument."""

    def __init__(self, arguments, result, body, inputs=None, calls=None):
        parameters = ", ".join(f"%a{i}: {kind}" for i, kind in enumerate(arguments))
        self.text = f"func.func @f({parameters}) -> {result} {{\n{body}}}\n"
        self.calls = calls or [inputs or [f"@random:{i + 1}" for i in range(len(arguments))]]


def call(*arguments):
    """The inputs of a call: for each argument its sizes, its element type and, for floats, a factor of its values."""
    return [f"{'x'.join(map(str, [*dims, element]))}=@random:{i + 1}" + "".join(f"*{scale}" for scale in factor)
            for i, (dims, element, *factor) in enumerate(arguments)]


def matmul(rng):
    element = rng.choice(FLOATS + ("i8",))
    accumulator = "i32" if element == "i8" else rng.choice((element, "f32"))
    source = "@bits" if element == "i8" else "@random"
    m, n, k = (rng.choice(SIZES) for _ in range(3))
    batch = rng.choice(([], [], [2], [3, 1]))
    transposed = rng.random() < 0.5, rng.random() < 0.5
    lhs = batch + ([k, m] if transposed[0] else [m, k])
    rhs = (batch if rng.random() < 0.7 else []) + ([n, k] if transposed[1] else [k, n])
    words = ["transpose " if flag else "" for flag in transposed]
    types = tensor(lhs, element), tensor(rhs, element), tensor(batch + [m, n], accumulator)
    body = f"  %r = ashlar.matmul {words[0]}%a0, {words[1]}%a1 : {types[0]}, {types[1]} -> {types[2]}\n"
    return Program(types[:2], types[2], body + f"  return %r : {types[2]}\n", [f"{source}:1", f"{source}:2"])


def epilogue(rng):
    element = rng.choice(("f16", "bf16", "f32"))
    m, n, k = (rng.choice(SIZES) for _ in range(3))
    x, w, bias, result = (tensor(dims, element) for dims in ([m, k], [n, k], [n], [m, n]))
    operation = rng.choice(("arith.addf", "arith.mulf", "arith.maximumf"))
    body = f"""  %p = ashlar.matmul %a0, transpose %a1 : {x}, {w} -> {result}
  %e = tensor.empty() : {result}
  %r = linalg.generic {{indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>,
      affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}}
      ins(%p, %a2 : {result}, {bias}) outs(%e : {result}) {{
  ^bb0(%v: {element}, %b: {element}, %o: {element}):
    %s = {operation} %v, %b : {element}
    linalg.yield %s : {element}
  }} -> {result}
  return %r : {result}
"""
    return Program((x, w, bias), result, body)


def attention(rng):
    element = rng.choice(("f16", "bf16", "f16", "f32"))
    group, heads, batch = rng.choice((1, 2, 4)), rng.choice((1, 2)), rng.choice((1, 2))
    queries, keys = rng.choice((1, 5, 16, 33, 64, 70)), rng.choice((1, 7, 32, 64, 65, 100))
    size = rng.choice((16, 32, 40, 64, 96, 128))
    value_size = rng.choice((size, size, 32, 48))
    q = tensor([batch, heads * group, queries, size], element)
    k, v = tensor([batch, heads, keys, size], element), tensor([batch, heads, keys, value_size], element)
    o, lse = tensor([batch, heads * group, queries, value_size], element), tensor([batch, heads * group, queries], "f32")
    words, types, arguments = "", "", [q, k, v]
    mask = rng.choice((None, None, "f32", "i1"))
    if mask:
        arguments.append(tensor([rng.choice((1, batch)), 1, queries, keys], mask))
        words, types = words + " mask %a3", f", {arguments[3]}"
    words += " causal" if rng.random() < 0.5 else ""
    words += " softcap 2.000000e+01" if rng.random() < 0.3 else ""
    with_lse = rng.random() < 0.4
    results = f"({o}, {lse})" if with_lse else o
    body = f"  %r{':2' if with_lse else ''} = ashlar.attention %a0, %a1, %a2{words}\n    : {q}, {k}, {v}{types} -> {o}"
    body += f", {lse}\n  return %r#0, %r#1 : {o}, {lse}\n" if with_lse else f"\n  return %r : {o}\n"
    return Program(arguments, results, body)


def convolution(rng):
    element = rng.choice(("f16", "bf16", "f16", "f32"))
    rank, last = rng.choice((1, 2, 2, 2, 3)), rng.random() < 0.7
    groups = rng.choice((1, 1, 1, 2))
    channels, filters = groups * rng.choice((1, 3, 8, 16, 32)), groups * rng.choice((1, 4, 8, 16, 40))
    if rng.random() < 0.3:
        groups = filters = channels
    batch = rng.choice((1, 2))
    space, kernel, strides, dilations, low, high, output = [], [], [], [], [], [], []
    for _ in range(rank):
        kernel.append(rng.choice((1, 2, 3, 5)))
        strides.append(rng.choice((1, 1, 2)))
        dilations.append(rng.choice((1, 1, 2)))
        low.append(rng.choice((0, 1, 2)))
        high.append(rng.choice((0, 1, 2)))
        reach = dilations[-1] * (kernel[-1] - 1) + 1
        space.append(rng.choice((5, 8, 13)) + reach)
        output.append((space[-1] + low[-1] + high[-1] - reach) // strides[-1] + 1)
    shape = lambda first, inner, channel: [first, *inner, channel] if last else [first, channel, *inner]
    x, w = tensor(shape(batch, space, channels), element), tensor(shape(filters, kernel, channels // groups), element)
    y = tensor(shape(batch, output, filters), element)
    listed = lambda values: "[" + ", ".join(map(str, values)) + "]"
    body = f"""  %r = ashlar.conv %a0, %a1 {'channels_last' if last else 'channels_first'} strides {listed(strides)}
      dilations {listed(dilations)} padding_low {listed(low)} padding_high {listed(high)} groups {groups}
    : {x}, {w} -> {y}
  return %r : {y}
"""
    return Program((x, w), y, body)


def quantized_product(rng, outputs, depth, group, weight, packed=None):
    """A product of floats or i8 with a weight of integers of their whole range. `packed`: how the weight arrives, a
    type and a packing."""
    activation, rows = rng.choice(("f16", "bf16", "f32", "f16", "i8")), rng.choice((1, 3, 16, 33))
    number = "f32" if activation == "i8" else activation
    shape = rng.choice(([], [outputs], [outputs, depth // group]))
    x, w, y = tensor([rows, depth], activation), tensor([outputs, depth], weight), tensor([rows, outputs], number)
    # Scales that make the sums numbers of the order of one, which the tolerance is meant for.
    scale = (0.02 if weight == "i4" else 0.001) * (0.02 if activation == "i8" else 1)
    arguments = [x, packed[0] if packed else w, tensor(shape, number)]
    inputs, words = ["@bits:1" if activation == "i8" else "@random:1", "@bits:2", f"@random:3*{scale}"], ""
    if rng.random() < 0.5:
        words += f" zero_points %a{len(arguments)}"
        arguments.append(tensor(shape, weight))
        inputs.append("@bits:4")
    if activation == "i8":
        words += f" input_scale %a{len(arguments)}"
        arguments.append(tensor(rng.choice(([], [rows])), "f32"))
        inputs.append("@random:5")
    words += " unsigned_weights" if rng.random() < 0.5 else ""
    body, name = (f"  %w = ashlar.unpack %a1 packing<{packed[1]}> : {packed[0]} -> {w}\n", "%w") if packed else ("", "%a1")
    types = ", ".join([x, w] + arguments[2:])
    body += f"  %r = ashlar.quantized_matmul %a0, {name} scales %a2{words}\n    : ({types}) -> {y}\n  return %r : {y}\n"
    return Program(arguments, y, body, inputs)


def quantize(rng):
    """Integers made of floats, and floats made of integers, alone or one behind the other."""
    number, stored = rng.choice(FLOATS), rng.choice(("i4", "i8"))
    groups, size = rng.choice((1, 2, 3)), rng.choice((2, 16, 32))
    dims = [rng.choice((1, 3, 16, 33)), groups * size]
    # One scale, one for each column, one for each group of neighbours in a row.
    shape, words = rng.choice((([], ""), ([dims[1]], " axis 1"), ([dims[0], groups], " axis 1")))
    floats, integers, scales = tensor(dims, number), tensor(dims, stored), tensor(shape, number)
    arguments, inputs = [scales], ["@random:2*0.1"]
    if rng.random() < 0.5:
        words = " zero_point %a1" + words
        arguments.append(tensor(shape, stored))
        inputs.append("@random:3")
    words += " unsigned" if rng.random() < 0.5 else ""
    last, types = f"%a{len(arguments)}", ", ".join(arguments)
    kind = rng.choice(("quantize", "dequantize", "both"))
    source, result = (integers, floats) if kind == "dequantize" else (floats, integers if kind == "quantize" else floats)
    body = f"  %q = ashlar.quantize {last} scale %a0{words} : {floats}, {types} -> {integers}\n" if kind != "dequantize" else ""
    if kind != "quantize":
        value = "%q" if kind == "both" else last
        body += f"  %d = ashlar.dequantize {value} scale %a0{words} : {integers}, {types} -> {floats}\n"
    body += f"  return {'%q' if kind == 'quantize' else '%d'} : {result}\n"
    return Program(arguments + [source], result, body, inputs + ["@bits:4" if kind == "dequantize" else "@random:4"])


def quantized(rng):
    if rng.random() < 0.2:  # Rows that may hold an odd number of weights.
        depth = rng.choice((7, 15, 33, 63, 65))
        return quantized_product(rng, rng.choice((8, 24, 100)), depth, depth, rng.choice(("i4", "i4", "i8")))
    group = rng.choice((16, 32, 64))
    return quantized_product(rng, rng.choice((8, 24, 64, 100)), group * rng.choice((1, 2, 3)), group,
                             rng.choice(("i4", "i4", "i8")))


def random_packing(rng):
    """The sizes of a matrix and a packing that divides them: fragments of mma.sync, or any factors in any order."""
    if rng.random() < 0.3:
        return (16 * rng.choice((1, 3, 4)), 64 * rng.choice((1, 2, 3)),
                '"fragments", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]')
    factors = [[rng.choice((1, 2, 3, 4, 8, 16)) for _ in range(rng.choice((1, 2, 3)))] for _ in range(2)]
    rows, columns = (math.prod(each) for each in factors)
    if rows * columns % 2:
        factors[0][0], rows = 2 * factors[0][0], 2 * rows
    order = list(range(len(factors[0]) + len(factors[1])))
    rng.shuffle(order)
    return rows, columns, f'"any", {factors} -> {order}'


def packed(rng):
    rows, columns, packing = random_packing(rng)
    element = rng.choice(("f16", "bf16", "i8", "i4", "i4"))
    bits = {"f16": 16, "bf16": 16, "i8": 8, "i4": 4}
    word = rng.choice(("i8", "i32", element)) if element.startswith("i") else element
    width = bits.get(word, 32)
    if width < bits[element] or rows * columns * bits[element] % width:
        word, width = element, bits[element]
    vector = tensor([rows * columns * bits[element] // width], word)
    plain, random_bits = tensor([rows, columns], element), ["@bits:1" if element.startswith("i") else "@random:1"]
    kind = rng.choice(("pack", "unpack", "product", "product"))
    if kind == "pack":
        body = f"  %r = ashlar.pack %a0 packing<{packing}> : {plain} -> {vector}\n  return %r : {vector}\n"
        return Program([plain], vector, body, random_bits)
    if kind == "unpack":
        body = f"  %r = ashlar.unpack %a0 packing<{packing}> : {vector} -> {plain}\n  return %r : {plain}\n"
        return Program([vector], plain, body, random_bits)
    if element in ("i4", "i8"):
        return quantized_product(rng, rows, columns, columns, element, (vector, packing))
    tokens = rng.choice((1, 16, 33))
    x, y = tensor([tokens, columns], element), tensor([tokens, rows], "f32")
    body = f"""  %w = ashlar.unpack %a1 packing<{packing}> : {vector} -> {plain}
  %r = ashlar.matmul %a0, transpose %w : {x}, {plain} -> {y}
  return %r : {y}
"""
    return Program([x, vector], y, body)


def loops(rng):
    element = rng.choice(FLOATS)
    rows, columns = rng.choice(SIZES), rng.choice(SIZES)
    x, r, y = tensor([rows, columns], element), tensor([rows], element), tensor([columns, rows], element)
    kind = rng.choice(("reduce", "transpose", "softmax", "elementwise"))
    if kind == "transpose":
        body = f"  %e = tensor.empty() : {y}\n  %r = linalg.transpose ins(%a0 : {x}) outs(%e : {y}) permutation = [1, 0]\n"
        return Program((x,), y, body + f"  return %r : {y}\n")
    if kind == "softmax":
        body = f"  %e = tensor.empty() : {x}\n  %r = linalg.softmax dimension(1) ins(%a0 : {x}) outs(%e : {x}) -> {x}\n"
        return Program((x,), x, body + f"  return %r : {x}\n")
    if kind == "elementwise":
        operation = rng.choice(("math.exp", "math.tanh", "math.absf", "arith.negf"))
        return Program((x,), x, f"  %r = {operation} %a0 : {x}\n  return %r : {x}\n")
    dim, combine, start = rng.choice((0, 1)), *rng.choice((("arith.addf", "0.0"), ("arith.maximumf", "0xFF")))
    if combine == "arith.addf":  # Sums in 16 bits depend on their order.
        element, x = "f32", tensor([rows, columns], "f32")
    start = {"f32": "0xFF800000", "f16": "0xFC00", "bf16": "0xFF80"}[element] if start == "0xFF" else start
    r = tensor([columns if dim == 0 else rows], element)
    body = f"""  %c = arith.constant {start} : {element}
  %e = tensor.empty() : {r}
  %z = linalg.fill ins(%c : {element}) outs(%e : {r}) -> {r}
  %r = linalg.reduce {{ {combine} }} ins(%a0 : {x}) outs(%z : {r}) dimensions = [{dim}]
  return %r : {r}
"""
    return Program((x,), r, body)


def dynamic_matmul(rng):
    element, n, k = rng.choice(FLOATS), rng.choice((8, 33, 64)), rng.choice((16, 40, 64))
    outer, transposed = rng.choice(([], ["?"])), rng.random() < 0.5
    inner = [n, k] if transposed else [k, n]
    types = [tensor(outer + dims, element) for dims in (["?", k], inner, ["?", n])]
    body = (f"  %r = ashlar.matmul %a0, {'transpose ' if transposed else ''}%a1 : {types[0]}, {types[1]} -> {types[2]}\n"
            f"  return %r : {types[2]}\n")
    calls = []
    for rows in (1, 0, rng.choice((3, 17, 65)), 128):
        batch = [rng.choice((1, 3)) for _ in outer]
        calls.append(call((batch + [rows, k], element), (batch + inner, element)))
    return Program(types[:2], types[2], body, calls=calls)


def dynamic_quantized(rng):
    element, weight, n, depth = rng.choice(("f16", "f32")), rng.choice(("i4", "i8")), rng.choice((24, 64)), 64
    x, w, s, y = (tensor(dims, kind) for dims, kind in
                  ((["?", depth], element), ([n, depth], weight), ([n, 2], element), (["?", n], element)))
    body = f"  %r = ashlar.quantized_matmul %a0, %a1 scales %a2 : ({x}, {w}, {s}) -> {y}\n  return %r : {y}\n"
    scale = 0.05 if weight == "i4" else 0.003
    calls = [call(([rows, depth], element), ([n, depth], weight), ([n, 2], element, scale))
             for rows in (1, 0, rng.choice((5, 16, 33)), 100)]
    return Program((x, w, s), y, body, calls=calls)


def dynamic_attention(rng):
    element, group, heads, size = rng.choice(("f16", "f32")), rng.choice((1, 4)), rng.choice((1, 2)), rng.choice((32, 64))
    q, k = tensor(["?", heads * group, "?", size], element), tensor(["?", heads, "?", size], element)
    masked = rng.random() < 0.4
    mask = [tensor(["?", 1, "?", "?"], "f32")] if masked else []
    words = (" mask %a3" if masked else "") + (" causal" if rng.random() < 0.5 else "")
    body = (f"  %r = ashlar.attention %a0, %a1, %a2{words}\n    : {', '.join([q, k, k] + mask)} -> {q}\n"
            f"  return %r : {q}\n")
    calls = []
    for queries, keys in ((1, 1), (1, rng.choice((33, 70))), (rng.choice((5, 17)), rng.choice((31, 65))), (0, 7), (4, 0)):
        batch = rng.choice((1, 2))
        shapes = [([batch, heads * group, queries, size], element)] + [([batch, heads, keys, size], element)] * 2
        calls.append(call(*shapes, *([([batch, 1, queries, keys], "f32")] if masked else [])))
    return Program([q, k, k] + mask, q, body, calls=calls)


def dynamic_loops(rng):
    element, columns = "f32", rng.choice((1, 7, 64))
    x = tensor(["?", columns], element)
    if rng.random() < 0.5:  # Two inputs that share both sizes.
        x = tensor(["?", "?"], element)
        body = f"  %s = arith.addf %a0, %a1 : {x}\n  %r = math.exp %s : {x}\n  return %r : {x}\n"
        calls = [call(([rows, columns], element), ([rows, columns], element)) for rows in (1, 0, 33)]
        return Program((x, x), x, body, calls=calls)
    body = f"""  %c = arith.constant 0.0 : {element}
  %e = tensor.empty() : tensor<{columns}x{element}>
  %z = linalg.fill ins(%c : {element}) outs(%e : tensor<{columns}x{element}>) -> tensor<{columns}x{element}>
  %r = linalg.reduce {{ arith.addf }} ins(%a0 : {x}) outs(%z : tensor<{columns}x{element}>) dimensions = [0]
  return %r : tensor<{columns}x{element}>
"""
    calls = [call(([rows, columns], element)) for rows in (1, 0, 130)]
    return Program((x,), f"tensor<{columns}x{element}>", body, calls=calls)


FAMILIES = {function.__name__: function for function in (
    matmul, epilogue, attention, convolution, quantize, quantized, packed, loops,
    dynamic_matmul, dynamic_quantized, dynamic_attention, dynamic_loops)}


def run(program, folder, name, target):
    """An empty text, or what went wrong."""
    source, package = folder / f"{name}.mlir", folder / f"{name}.ashlar"
    source.write_text(program.text)
    steps = [["ashlar-compile", source, "-o", package, f"--target={target},sim"]]
    for inputs in program.calls:
        steps.append(["ashlar-run", package, "--device=sim", "--sim-async=both", "--check", "--sim-threads=1"]
                     + [f"--input={spec}" for spec in inputs])
    for command in steps:
        try:
            result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return f"{command[0]} takes more than two minutes\n"
        if result.returncode:
            return f"{' '.join(map(str, command))} exits with {result.returncode}\n{result.stdout[-1500:]}{result.stderr[-1500:]}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--target", default="sm_80")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the programs and packages")
    arguments = parser.parse_args()
    if arguments.target == "sm_90a":
        global SIZES
        SIZES = ALIGNED_SIZES
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(arguments.count):
            program = FAMILIES[arguments.family](random.Random(f"{arguments.family} {arguments.seed} {index}"))
            problem = run(program, folder, f"{arguments.family}_{arguments.seed}_{index}", arguments.target)
            if problem:
                failures += 1
                print(f"--- program {index} of {arguments.family}, seed {arguments.seed}\n{program.text}{problem}", flush=True)
    print(f"{arguments.family}: {arguments.count - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
