"""The tensors of a case in PyTorch: as numbers, for references and contenders, and as the bytes that Ashlar reads."""

import dataclasses

import torch

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "f8E4M3FN": torch.float8_e4m3fn, "i8": torch.int8,
         "i32": torch.int32}


@dataclasses.dataclass
class Value:
    """`numbers`: of the tensor's shape; i4 as int8 with values 0..15. `stored`: what memory holds."""
    numbers: torch.Tensor
    stored: torch.Tensor

    def clone(self):
        numbers = self.numbers.clone()
        return Value(numbers, numbers if self.stored is self.numbers else self.stored.clone())


def pack_nibbles(numbers):
    """Two a byte, the first in the low half."""
    flat = numbers.reshape(-1)
    flat = torch.cat([flat, flat.new_zeros(flat.numel() % 2)]).to(torch.uint8)
    return flat[0::2] | flat[1::2] << 4


def pack_fragments(numbers, factors, order):
    """The permutation of `ashlar.pack`: split each dimension, reorder the factors."""
    split = []
    for extent, row in zip(numbers.shape, factors):
        rest = extent
        for factor in row[1:]:
            rest //= factor
        split += [rest, *row[1:]]
    return pack_nibbles(numbers.reshape(split).permute(order).contiguous())


def random_value(tensor, generator, device):
    """Normal floats, integers of their whole range."""
    dims = tensor.packing[0] if tensor.packing else tensor.dims
    options = {"generator": generator, "device": device}
    if tensor.packing or tensor.element == "i4":
        numbers = torch.randint(0, 16, dims, dtype=torch.int8, **options)
        stored = pack_fragments(numbers, *tensor.packing[1:]) if tensor.packing else pack_nibbles(numbers)
        return Value(numbers, stored)
    if tensor.element == "i8":
        numbers = torch.randint(-128, 128, dims, dtype=torch.int8, **options)
    elif tensor.element == "f8E4M3FN":
        numbers = (torch.randn(dims, **options) * tensor.scale).to(TYPES[tensor.element])
    else:
        numbers = torch.randn(dims, dtype=TYPES[tensor.element], **options).mul_(tensor.scale)
    return Value(numbers, numbers)


def random_values(case, seed, device):
    generator = torch.Generator(device)
    generator.manual_seed(seed)
    return [random_value(tensor, generator, device) for tensor in case.inputs]


def empty_output(case, device):
    """Filled with what is no number, where the type has such, so that elements that nobody writes show."""
    output = torch.empty(case.output.dims, dtype=TYPES[case.output.element], device=device)
    return output.fill_(float("nan") if output.is_floating_point() else -1)


def dequantized(case, values):
    """The weight of a quantised product, in the type that the operation multiplies with; exact for i8 activations."""
    group, k = case.parameters.get("group", 128), case.parameters["k"]
    weight, scales = values[1].numbers, values[2].numbers
    if case.parameters["weight"] == "i8":
        product = weight.float() * scales.float()[:, None]
    else:
        zeros = values[3].numbers
        difference = weight.view(-1, k // group, group).float() - zeros.float()[:, :, None]
        product = (difference * scales.float()[:, :, None]).view(-1, k)
    return product if case.parameters.get("activation") == "i8" else product.to(scales.dtype)


# --- References -------------------------------------------------------------------------------------------------------

def attention_reference(case, values):
    """In f64, as many heads at a time as keep the scores below 2 GiB."""
    q, k, v = (value.numbers for value in values)
    batch, heads, queries, size = q.shape
    group, keys = heads // k.shape[1], k.shape[2]
    result = torch.empty(q.shape, dtype=torch.float64, device=q.device)
    rows = torch.arange(queries, device=q.device)[:, None] + keys - queries
    hidden = torch.arange(keys, device=q.device)[None, :] > rows if case.parameters.get("causal") else None
    chunk = max(1, (2 << 30) // (8 * queries * keys))
    for b in range(batch):
        for first in range(0, heads, chunk):
            chosen = slice(first, min(first + chunk, heads))
            of_keys = torch.arange(chosen.start, chosen.stop, device=q.device) // group
            scores = q[b, chosen].double() @ k[b, of_keys].double().transpose(-1, -2) * size ** -0.5
            if hidden is not None:
                scores.masked_fill_(hidden, float("-inf"))
            result[b, chosen] = scores.softmax(-1) @ v[b, of_keys].double()
    return result


def convolution_reference(case, values):
    """In f32 without TF32: the device has no fast f64 convolution, and 24 bits are enough to judge results of 11."""
    x, w = (value.numbers.float().permute(0, 3, 1, 2) for value in values)
    options = {name: case.parameters[name] for name in ("stride", "padding", "groups") if name in case.parameters}
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        return torch.nn.functional.conv2d(x, w, **options).permute(0, 2, 3, 1)


def reference(case, values):
    """What the result should be, in more digits than it has."""
    if case.family == "attention":
        return attention_reference(case, values)
    if case.family == "convolution":
        return convolution_reference(case, values)
    x = values[0].numbers
    if case.family == "quantized":
        result = x.double() @ dequantized(case, values).double().t()
        return result * values[-1].numbers.double()[:, None] if case.parameters.get("activation") == "i8" else result
    w = values[1].numbers
    return x.double() @ (w.double().t() if case.parameters.get("transposed", True) else w.double())


def judge(got, expected, tolerance):
    """Elements that are further from `expected` than absolute + relative * |expected|, and the largest error."""
    wrong, largest = 0, 0.0
    for ours, theirs in zip(got.reshape(-1).split(1 << 28), expected.reshape(-1).split(1 << 28)):
        error = (ours.to(theirs.dtype) - theirs).abs()
        allowed = tolerance["absolute"] + tolerance["relative"] * theirs.abs()
        wrong += int((~(error <= allowed)).sum())
        largest = max(largest, float(error.nan_to_num(nan=float("inf")).max())) if error.numel() else largest
    return {"elements": got.numel(), "failures": wrong, "max_error": largest, "passed": wrong == 0}
