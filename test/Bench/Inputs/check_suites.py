"""Holds the suites' data to what it stands for; prints what is wrong."""

import sys

import cases


def problems():
    names = set()
    for suite in cases.suite_names():
        data = cases.read_suite(suite)
        if not data.get("description"):
            yield f"{suite} has no description"
        for group in data["groups"]:
            known = set(cases.inspect.signature(cases.FAMILIES[group["family"]]).parameters) | cases.LABELS
            for alternative in [group.get("fixed", {}), *(entry for axis in group["vary"] for entry in axis)]:
                if unknown := set(alternative) - known:
                    yield f"{suite}: {group['name']} has parameters that nobody knows: {sorted(unknown)}"
        for case in cases.cases_of(data):
            if case.name in names:
                yield f"two cases are called {case.name}"
            names.add(case.name)
            for tensor in (*case.inputs, case.output):
                if min(tensor.dims) < 1:
                    yield f"{case.name}: {tensor.name} is {tensor.type}"
            small = case.reduced
            if small.flops > 4e8 or small.reduced.text != small.text:
                yield f"{case.name}: its small sibling is not small: {small.parameters}"


# Figures worked out by hand: operations and bytes of one case of each family.
KNOWN = {
    "square_4096_bf16": (2 * 4096**3, 3 * 4096**2 * 2),
    "llama3_70b_down_m16": (2 * 16 * 8192 * 28672, 2 * (16 * 28672 + 8192 * 28672 + 16 * 8192)),
    "square_1024_i8": (2 * 1024**3, 2 * 1024**2 + 4 * 1024**2),
    "attention_d128_full_4096_bf16": (4 * 4 * 16 * 4096**2 * 128, 4 * 4 * 16 * 4096 * 128 * 2),
    "attention_d128_causal_4096_bf16": (2 * 4 * 16 * 4096**2 * 128, 4 * 4 * 16 * 4096 * 128 * 2),
    "decode_b4_16384": (4 * 4 * 64 * 16384 * 128, 2 * (2 * 4 * 64 * 128 + 2 * 4 * 8 * 16384 * 128)),
    "im2win_conv1": (2 * 128 * 55 * 55 * 96 * 11 * 11 * 3, 2 * (128 * 227 * 227 * 3 + 96 * 363 + 128 * 55 * 55 * 96)),
    "resnet50_4_3x3_strided_b32": (2 * 32 * 14 * 14 * 256 * 9 * 256, 2 * (32 * 28**2 * 256 + 256 * 9 * 256 + 32 * 14**2 * 256)),
    "convnext_stage1_b128": (2 * 128 * 56 * 56 * 96 * 49, 2 * (2 * 128 * 56 * 56 * 96 + 96 * 49)),
    "w4a16_llama3_8b_o_m16": (2 * 16 * 4096**2, 2 * 2 * 16 * 4096 + 4096**2 // 2 + 4096 * 32 * 2 + 4096 * 32 // 2),
}


def main():
    found = list(problems())
    every = {case.name: case for case in cases.select(cases.suite_names())}
    for name, figures in KNOWN.items():
        if (every[name].flops, every[name].bytes) != figures:
            found.append(f"{name}: {every[name].flops} operations, {every[name].bytes} bytes, not {figures}")
    for line in found:
        print(line)
    print(f"{len(every)} cases, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
