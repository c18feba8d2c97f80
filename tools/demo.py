#!/usr/bin/env python3
"""The main job: compiles docs/examples, runs every kernel checked, prints one table.

Every file is compiled for sm_90a and for sm_80, each with an image for the simulator. With a GPU the full-sized functions run on it; without one
the functions whose names end in `_small` run on the simulator, with all checks and asynchronous copies completing at
the earliest and at the latest legal moment. Exit code 1 if anything fails.
"""

import argparse
import json
import pathlib
import re
import sys
import time

from packages import ROOT, kernel_shortcomings, manifest_of, run, tensor_bytes

# Bytes moved by the bytes of the tiles: more says that a kernel reads what it has read before.
MOST_TRAFFIC = 1.15
TARGETS = ("sm_90a", "sm_80")
COLUMNS = (
    ("function", 24), ("kernel", 18), ("target", 7), ("registers", 9), ("spilled", 7), ("shared", 7),
    ("error", 9), ("read+written", 12), ("/tiles", 6), ("/minimum", 8), ("conflicts", 9), ("ms", 9),
)


def has_gpu(runner, package):
    """Whether the runner finds a CUDA device: it says so by what it does, not by what is installed."""
    return run([runner, package, "--device=cuda", "--list"]).returncode == 0 and pathlib.Path("/dev/nvidia0").exists()


def compile_example(compiler, source, target, package):
    start = time.perf_counter()
    result = run([compiler, str(source), "-o", str(package), f"--target={target},sim"])
    if result.returncode:
        sys.stderr.write(result.stderr)
    return result.returncode == 0, time.perf_counter() - start


def inputs_of(source, function):
    """What a line `// inputs of NAME: SPEC ...` of the program says, else random numbers."""
    line = re.search(rf"^// inputs of {function['name']}: (.*)$", source.read_text(), re.M)
    return line.group(1).split() if line else [f"@random:{index + 1}" for index in range(len(function["inputs"]))]


def run_function(runner, package, source, function, on_gpu):
    """Runs one function; returns the runner's JSON, or None after printing what it said."""
    report = package.with_suffix(f".{function['name']}.json")
    command = [runner, str(package), f"--function={function['name']}", "--check", "--profile", f"--json={report}"]
    command += ["--device=cuda"] if on_gpu else ["--device=sim", "--sim-async=both"]
    command += [f"--input={spec}" for spec in inputs_of(source, function)]
    result = run(command)
    if not report.exists():
        sys.stderr.write(result.stdout + result.stderr)
        return None
    outcome = json.loads(report.read_text())
    if result.returncode:
        sys.stderr.write(f"{function['name']}:\n{result.stdout}{result.stderr}")
    return outcome


def cell(value, width):
    text = f"{value:.2e}" if isinstance(value, float) and abs(value) < 1e-2 and value else \
        f"{value:.2f}" if isinstance(value, float) else str(value)
    return text[:width].ljust(width) if isinstance(value, str) else text.rjust(width)


def launches_of(function, outcome):
    """Pairs of a launch in the plan and what was measured of it."""
    for planned, measured in zip(function["steps"], outcome["steps"], strict=True):
        if planned["kind"] == "launch" and not measured["skipped"]:
            yield planned, measured


def to_tiles(planned, measured):
    """Bytes moved by those that the tiles cannot help moving; empty where one of them is not known."""
    traffic = planned.get("traffic")
    return moved(measured) / (traffic["read"] + traffic["written"]) if traffic and moved(measured) else ""


def rows_of(manifest, function, outcome):
    """One row per kernel; what is of the whole function stands in the last of them."""
    kernels = {kernel["name"]: kernel for kernel in manifest["kernels"]}
    minimum = sum(tensor_bytes(tensor) for tensor in function["inputs"] + function["outputs"])
    launches = list(launches_of(function, outcome))
    moved_in_all = sum(moved(step) for _, step in launches)
    error = max((check["max_absolute_error"] for check in outcome["checks"]), default=0.0)
    for planned, step in launches:
        is_last = step is launches[-1][1]
        resources = (kernels[step["name"]].get("resources") or [{}])[0]
        yield [function["name"], step["name"].removeprefix(function["name"] + "_"), manifest["targets"][0]["name"],
               resources.get("registers", "-"), resources.get("spill_bytes", "-"), step["dynamic_shared_bytes"],
               error if is_last else "", moved(step) or "", to_tiles(planned, step),
               moved_in_all / minimum if is_last and moved_in_all else "",
               step["counters"].get("bank_conflicts", ""), step["milliseconds"]]


def moved(step):
    counters = step["counters"]
    return counters.get("global_bytes_read", 0) + counters.get("global_bytes_written", 0)


def shortcomings(manifest, function, outcome):
    """What a kernel of the examples must not do, though its results are right."""
    yield from kernel_shortcomings(manifest)
    for planned, step in launches_of(function, outcome):
        if step["counters"].get("bank_conflicts"):
            yield f"{step['name']} has {step['counters']['bank_conflicts']} bank conflicts"
        if (ratio := to_tiles(planned, step)) and ratio > MOST_TRAFFIC:
            yield f"{step['name']} moves {ratio:.2f} times the bytes of its tiles"


def print_row(cells):
    print("  ".join(cell(value, width) for value, (_, width) in zip(cells, COLUMNS)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default="build", help="where the tools were built (default: build)")
    parser.add_argument("--examples", default="docs/examples", help="folder of programs (default: docs/examples)")
    parser.add_argument("filter", nargs="?", default="", help="regular expression on the functions' names")
    arguments = parser.parse_args()
    tools = ROOT / arguments.build_dir / "bin"
    output = ROOT / arguments.build_dir / "demo"
    output.mkdir(parents=True, exist_ok=True)

    packages, failures, compile_seconds = [], [], 0.0
    for source in sorted((ROOT / arguments.examples).glob("*.mlir")):
        print(f"compiling {source.relative_to(ROOT)}", flush=True)
        for target in TARGETS:
            package = output / f"{source.stem}.{target}.ashlar"
            good, seconds = compile_example(tools / "ashlar-compile", source, target, package)
            compile_seconds += seconds
            if good:
                packages.append((package, source))
            else:
                failures.append(f"{source.name} does not compile for {target}")

    on_gpu = bool(packages) and has_gpu(tools / "ashlar-run", packages[0][0])
    print(f"\ncompiled in {compile_seconds:.1f} s; running on {'the GPU' if on_gpu else 'the simulator'}\n")
    print_row([name for name, _ in COLUMNS])
    for package, source in packages:
        manifest = manifest_of(package)
        for function in manifest["functions"]:
            if function["name"].endswith("_small") == on_gpu or not re.search(arguments.filter, function["name"]):
                continue
            outcome = run_function(tools / "ashlar-run", package, source, function, on_gpu)
            if outcome is None or not outcome["passed"]:
                failures.append(f"{function['name']} fails")
            if outcome and "steps" in outcome:
                for row in rows_of(manifest, function, outcome):
                    print_row(row)
                failures += shortcomings(manifest, function, outcome)
    print("\nread+written: bytes of global memory, as multiples of what the kernel's tiles have (/tiles) and of the\n"
          "function's inputs and outputs, each once (/minimum);\n"
          "error: largest absolute difference from the reference; ms: on the simulator, host time of two checked runs")
    for failure in dict.fromkeys(failures):
        print(f"FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
