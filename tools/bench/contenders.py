"""Who else computes a case: cuBLAS, cuDNN and attention through PyTorch, and Triton.

A contender takes the values of a call and gives candidates: functions without parameters that return the result. All but
Triton have one. What a framework would do once, when weights are loaded, happens before the candidate is returned.
"""

import functools
import os

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import values as of_case


# --- Products ---------------------------------------------------------------------------------------------------------

def library_product(case, values, output):
    x, w = values[0].numbers, values[1].numbers
    w = w.t() if case.parameters.get("transposed", True) else w
    if x.dtype == torch.int8:
        return [lambda: torch._int_mm(x, w, out=output)]
    if x.dtype == torch.float8_e4m3fn:
        return fp8_product(False, case, values, output)
    return [lambda: torch.mm(x, w, out=output)]


def fp8_product(is_fast, case, values, output):
    """cuBLAS sums products of fp8 in f32, or (`is_fast`) in what the tensor cores have, with fewer digits."""
    x, w = values[0].numbers, values[1].numbers
    one = torch.ones((), device=x.device)
    return [lambda: torch._scaled_mm(x, w.t(), one, one, out_dtype=output.dtype, use_fast_accum=is_fast)]


def triton_product(case, values, output):
    import triton_kernels
    x, w = values[0].numbers, values[1].numbers
    return triton_kernels.product_calls(x, w if case.parameters.get("transposed", True) else w.t().contiguous(), output)


# --- Attention --------------------------------------------------------------------------------------------------------

def library_attention(backend, case, values, output):
    q, k, v = (value.numbers for value in values)

    def call():
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(q, k, v, is_causal=bool(case.parameters.get("causal")),
                                                  enable_gqa=q.shape[1] != k.shape[1])
    return [call]


def triton_attention(case, values, output):
    import triton_kernels
    return triton_kernels.attention_calls(*(value.numbers for value in values), output, bool(case.parameters.get("causal")))


# --- Convolution ------------------------------------------------------------------------------------------------------

def channels_first_views(case, values):
    """What PyTorch calls channels last: tensors [N, C, H, W] whose memory is [N, H, W, C]."""
    x, w = (value.numbers.permute(0, 3, 1, 2) for value in values)
    stride, padding = case.parameters.get("stride", 1), list(case.parameters.get("padding", (0, 0)))
    return x, w, [stride, stride], padding, case.parameters.get("groups", 1)


def cudnn_convolution(case, values, output):
    x, w, strides, padding, groups = channels_first_views(case, values)
    return [lambda: torch.cudnn_convolution(x, w, padding, strides, [1, 1], groups, True, False, True).permute(0, 2, 3, 1)]


def library_convolution(case, values, output):
    """Whatever PyTorch takes, which is not cuDNN for every depthwise convolution."""
    x, w, strides, padding, groups = channels_first_views(case, values)

    def call():
        with torch.backends.cudnn.flags(enabled=True, benchmark=True):
            return F.conv2d(x, w, None, strides, padding, 1, groups).permute(0, 2, 3, 1)
    return [call]


# --- Quantised products -----------------------------------------------------------------------------------------------

def dense_product(case, values, output):
    """The product with the weight in 16 bits: what quantisation has to beat. Activations of i8 are scaled before."""
    x, w = values[0].numbers, of_case.dequantized(case, values).to(output.dtype).t()
    if case.parameters.get("activation") == "i8":
        x = (x.float() * values[-1].numbers[:, None]).to(output.dtype)
    return [lambda: torch.mm(x, w, out=output)]


def tinygemm(case, values, output):
    """PyTorch's kernel for four bits in groups; takes bf16 only, and zero points as w = (q - 8) * scale + zero."""
    x, q, scales, zeros = (value.numbers for value in values)
    pairs = q[:, 0::2] << 4 | q[:, 1::2] & 15
    packed = torch._convert_weight_to_int4pack(pairs.view(torch.uint8), 8)
    offsets = (8 - zeros.float()) * scales.float()
    parameters = torch.stack([scales.float(), offsets], -1).transpose(0, 1).contiguous().to(torch.bfloat16)
    return [lambda: torch._weight_int4pack_mm(x, packed, case.parameters["group"], parameters)]


def can_use_triton(case, on_gpu):
    """Without a GPU Triton's interpreter, where the environment asks for it; that knows no bf16 and no fp8."""
    return on_gpu or os.environ.get("TRITON_INTERPRET") == "1" and case.parameters.get("element", "bf16") in ("f16", "i8")


def contenders(case, on_gpu):
    """By name, what takes the values of a call and gives candidates."""
    if case.family == "matmul":
        found = {"cublas": library_product, "triton": triton_product}
        if case.parameters.get("element") == "f8E4M3FN":
            found["cublas_fast"] = functools.partial(fp8_product, True)
    elif case.family == "attention":
        backends = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn_attention": SDPBackend.CUDNN_ATTENTION,
                    "efficient": SDPBackend.EFFICIENT_ATTENTION, "math": SDPBackend.MATH}
        found = {name: functools.partial(library_attention, backend) for name, backend in backends.items()
                 if on_gpu or name in ("flash", "math")}
        found["triton"] = triton_attention
    elif case.family == "convolution":
        found = {"cudnn": cudnn_convolution} if on_gpu else {}
        found["torch"] = library_convolution
    else:
        found = {"cublas": dense_product}
        if on_gpu and case.parameters["weight"] == "i4" and case.parameters.get("activation", "bf16") == "bf16":
            found["tinygemm"] = tinygemm
    if not can_use_triton(case, on_gpu):
        found.pop("triton", None)
    return {name: functools.partial(function, case) for name, function in found.items()}
