"""Compiles the Triton kernels for sm_90 without a GPU and prints which copies and products they use."""

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

import cubin
import triton_kernels


def report(name, function, descriptors, scalars, constants, warps, stages):
    signature = {**descriptors, **scalars, **dict.fromkeys(constants, "constexpr")}
    source = ASTSource(fn=function, signature=signature, constexprs=constants)
    kernel = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": warps, "num_stages": stages})
    counts, = cubin.histogram(kernel.asm["cubin"]).values()
    print(name, *(f"{word} {counts.get(word, 0)}" for word in ("HGMMA", "HMMA", "UTMALDG", "UTMASTG", "STL")))


def main():
    block = lambda *dims: f"tensordesc<bf16[{', '.join(map(str, dims))}]>"
    report("product", triton_kernels.product_kernel, {"x": block(128, 64), "w": block(256, 64), "y": block(128, 256)},
           dict.fromkeys("mnk", "i32"),
           {"BM": 128, "BN": 256, "BK": 64, "GROUP": 8, "SUM": tl.float32, "RESULT": tl.bfloat16}, 8, 3)
    report("attention", triton_kernels.attention_kernel,
           {"q": block(1, 128, 128), "k": block(1, 128, 128), "v": block(1, 128, 128), "y": block(1, 128, 128)},
           {"queries": "i32", "keys": "i32", "scale": "fp32"},
           {"GROUP": 1, "BM": 128, "BN": 128, "D": 128, "CAUSAL": True, "RESULT": tl.bfloat16}, 8, 2)


if __name__ == "__main__":
    main()
