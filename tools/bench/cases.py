"""What is measured: a case is one program of one operation, with its tensors, its work and a small sibling.

Suites (suites/*.json) are data: groups of cases that share a family. A group names a family below, parameters that all of
its cases share (`fixed`) and lists of alternatives (`vary`); its cases are the product of the lists. `name` is filled in
with the parameters; what no family knows of them (`layer`) is a label.
"""

import dataclasses
import inspect
import itertools
import json
import math
import pathlib
import re

from packages import stop, tensor_bytes

SUITES = pathlib.Path(__file__).resolve().parent / "suites"
LABELS = {"layer"}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An argument or result. `scale`: the deviation of its normal values; integers take their whole range."""
    name: str
    element: str
    dims: tuple
    scale: float = 1.0
    # Of a packed weight: the shape it has, and the factors and their order that put it into `dims`.
    packing: tuple = ()

    @property
    def type(self):
        return f"tensor<{''.join(f'{dim}x' for dim in self.dims)}{self.element}>"

    @property
    def bytes(self):
        return tensor_bytes({"element": self.element, "dims": self.dims})

    @property
    def is_integer(self):
        return self.element.startswith("i")

    def specification(self, seed):
        """The same for `ashlar-run --input` and `ashlar-bench --input`."""
        return f"@bits:{seed}" if self.is_integer else f"@random:{seed}" + (f"*{self.scale:g}" if self.scale != 1 else "")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    family: str
    parameters: dict
    inputs: tuple
    output: Tensor
    body: str
    flops: int
    # The parameters of the small sibling, which the simulator runs.
    reduced_parameters: dict

    @property
    def text(self):
        arguments = ", ".join(f"%{tensor.name}: {tensor.type}" for tensor in self.inputs)
        result = self.output.type
        return f"func.func @{self.name}({arguments}) -> {result} {{\n{self.body}  return %y : {result}\n}}\n"

    @property
    def bytes(self):
        """What has to be moved: every tensor once."""
        return sum(tensor.bytes for tensor in (*self.inputs, self.output))

    @property
    def reduced(self):
        return make_case(f"{self.family}_reduced", self.family, self.reduced_parameters)

    def specifications(self):
        return [tensor.specification(seed) for seed, tensor in enumerate(self.inputs, 1)]


# --- Families ---------------------------------------------------------------------------------------------------------
# A family turns parameters into the fields of a case. Small siblings keep what selects a kernel (types, head sizes,
# windows, groups) and end inside of a tile.

def matmul(m, n, k, element="bf16", transposed=True):
    """x [m, k] times a weight, stored as [n, k] like that of a linear layer unless `transposed` is false."""
    number = {"i8": "i32", "f8E4M3FN": "bf16"}.get(element, element)
    x = Tensor("x", element, (m, k))
    w = Tensor("w", element, (n, k) if transposed else (k, n), 1 / math.sqrt(k))
    y = Tensor("y", number, (m, n))
    word = "transpose " if transposed else ""
    body = f"  %y = ashlar.matmul %x, {word}%w : {x.type}, {w.type} -> {y.type}\n"
    reduced = dict(m=min(m, 67), n=min(n, 72), k=min(k, 144), element=element, transposed=transposed)
    return (x, w), y, body, 2 * m * n * k, reduced


def attention(batch, heads, queries, keys, size, kv_heads=0, causal=False, element="bf16"):
    """Counts the work as the FlashAttention papers do: two products, half of them where causality hides half."""
    kv_heads = kv_heads or heads
    q = Tensor("q", element, (batch, heads, queries, size))
    k, v = (Tensor(name, element, (batch, kv_heads, keys, size)) for name in "kv")
    y = Tensor("y", element, q.dims)
    word = " causal" if causal else ""
    body = f"  %y = ashlar.attention %q, %k, %v{word} : {q.type}, {k.type}, {v.type} -> {y.type}\n"
    flops = 4 * batch * heads * queries * keys * size // (2 if causal else 1)
    few = min(keys, 131)
    reduced = dict(batch=1, heads=heads // kv_heads, kv_heads=1, queries=few if queries == keys else min(queries, 67), keys=few,
                   size=size, causal=causal, element=element)
    return (q, k, v), y, body, flops, reduced


def convolution(batch, height, width, channels, filters, kernel, stride=1, padding=(0, 0), groups=1, element="bf16"):
    """Channels last."""
    outer = [(extent + 2 * pad - window) // stride + 1
             for extent, pad, window in zip((height, width), padding, kernel)]
    x = Tensor("x", element, (batch, height, width, channels))
    w = Tensor("w", element, (filters, *kernel, channels // groups),
               1 / math.sqrt(math.prod(kernel) * channels // groups))
    y = Tensor("y", element, (batch, *outer, filters))
    pad = f"[{padding[0]}, {padding[1]}]"
    body = (f"  %y = ashlar.conv %x, %w channels_last strides [{stride}, {stride}] padding_low {pad} padding_high {pad}"
            f" groups {groups}\n    : {x.type}, {w.type} -> {y.type}\n")
    flops = 2 * math.prod(y.dims) * math.prod(kernel) * (channels // groups)
    depthwise = groups == channels
    fewer = min(channels, 24)
    reduced = dict(batch=1, height=min(height, kernel[0] + 6 * stride), width=min(width, kernel[1] + 8 * stride),
                   channels=fewer, filters=fewer if depthwise else min(filters, 40), kernel=kernel, stride=stride,
                   padding=padding, groups=fewer if depthwise else groups, element=element)
    return (x, w), y, body, flops, reduced


# Blocks of 16 x 64 weights, in each of them the 32 weights of a lane side by side.
FRAGMENTS = ((None, 2, 8), (None, 4, 2, 4, 2)), (0, 3, 2, 6, 1, 4, 5, 7)


def quantized(m, n, k, weight="i4", activation="bf16", group=128, packed=False):
    """Weights of i4 are unsigned with zero points, a group of `group` along k sharing a scale; those of i8 are signed with
    a scale for each row. Activations of i8 have one scale for each row. `packed`: the weight comes in the order of tensor-core
    fragments."""
    number = "bf16" if activation == "i8" else activation
    x, y = Tensor("x", activation, (m, k)), Tensor("y", number, (m, n))
    stored = Tensor("w", "i32", (n * k // 8,), packing=((n, k), *FRAGMENTS)) if packed else Tensor("w", weight, (n, k))
    plain = f"tensor<{n}x{k}x{weight}>"
    # The deviation of integers of the whole range, and of activations, leaves results of the order of one.
    spread = (4.6 if weight == "i4" else 74) * (74 if activation == "i8" else 1) * math.sqrt(k)
    scales = Tensor("s", number, (n, k // group) if weight == "i4" else (n,), 1 / spread)
    inputs, words, body = [x, stored, scales], " scales %s", ""
    if packed:
        factors = ", ".join("[" + ", ".join("?" if f is None else str(f) for f in row) + "]" for row in FRAGMENTS[0])
        body = f'  %u = ashlar.unpack %w packing<"fragments", [{factors}] -> {list(FRAGMENTS[1])}> : {stored.type} -> {plain}\n'
    if weight == "i4":
        inputs.append(Tensor("z", "i4", scales.dims))
        words += " zero_points %z"
    if activation == "i8":
        inputs.append(Tensor("a", "f32", (m,)))
        words += " input_scale %a"
    words += " unsigned_weights" if weight == "i4" else ""
    types = ", ".join(plain if tensor is stored else tensor.type for tensor in inputs)
    body += f"  %y = ashlar.quantized_matmul %x, %{'u' if packed else 'w'}{words} : ({types}) -> {y.type}\n"
    reduced = dict(m=min(m, 19), n=80, k=2 * group, weight=weight, activation=activation, group=group, packed=packed)
    return tuple(inputs), y, body, 2 * m * n * k, reduced


FAMILIES = {function.__name__: function for function in (matmul, attention, convolution, quantized)}


# --- Suites -----------------------------------------------------------------------------------------------------------

def make_case(name, family, parameters):
    """Lists of parameters become tuples; labels are left out."""
    known = inspect.signature(FAMILIES[family]).parameters
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items() if key in known}
    return Case(re.sub(r"\W", "_", name), family, values, *FAMILIES[family](**values))


def cases_of(suite):
    """The cases of a suite as read from JSON, in its order."""
    for group in suite["groups"]:
        for choice in itertools.product(*group["vary"]):
            parameters = dict(group.get("fixed", {}))
            for alternative in choice:
                parameters |= alternative
            yield make_case(group["name"].format(**parameters), group["family"], parameters)


def suite_names():
    return sorted(path.stem for path in SUITES.glob("*.json"))


def read_suite(name):
    """A suite by its name, or by the path of a JSON file."""
    path = pathlib.Path(name) if name.endswith(".json") else SUITES / f"{name}.json"
    if not path.exists():
        stop(f"there is no suite '{name}'; suites: {', '.join(suite_names())}")
    return json.loads(path.read_text())


def select(names, pattern=""):
    """The cases of these suites whose names hold `pattern`, each once."""
    found = {}
    for name in names:
        for case in cases_of(read_suite(name)):
            if re.search(pattern, case.name):
                found.setdefault(case.name, case)
    if not found:
        stop(f"no case of {', '.join(names)} matches '{pattern}'")
    return list(found.values())


def reduced_cases(cases):
    """The small siblings, each program once, named by the first case that has it."""
    found = {}
    for case in cases:
        small = case.reduced
        found.setdefault(small.text, dataclasses.replace(small, name=f"{case.name}_reduced"))
    return list(found.values())
