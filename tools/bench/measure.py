"""Measures cases on this machine: Ashlar and every contender in one process, on the same values, each checked.

With `--dry-run` the same happens without a GPU: small siblings, Ashlar on the simulator, PyTorch on the processor.
"""

import datetime
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

import torch

import build_packages
import clocks
import contenders
import runtime
import values as of_case
from packages import manifest_of, run as run_process

# Between calls on the same buffers lie so many bytes: more than twice the L2 of an H200.
ROTATED_BYTES = 128 << 20
MOST_SETS = 256
SAMPLE_US = 2000.0
DEFAULT_TOLERANCE = {"absolute": 0.03, "relative": 0.02}


# --- Ashlar -----------------------------------------------------------------------------------------------------------

class OnGpu:
    """Ashlar through its C API, on PyTorch's tensors and stream."""

    def __init__(self, arguments):
        path = arguments.runtime or arguments.build_dir / "lib" / "libAshlarRuntime.so"
        self.device = runtime.Device(runtime.Library(path), f"cuda:{torch.cuda.current_device()}")
        self.packages = arguments.packages

    def open(self, case):
        package = self.packages / f"{case.name}.ashlar"
        if not package.exists():
            record = build_packages.record_of(self.packages, case.name)
            raise FileNotFoundError(record["error"].splitlines()[0] if record and record["error"] else
                                    f"there is no package {package.name}; compile the suite first")
        executable = runtime.Executable(self.device, package)
        tolerance = executable.manifest["functions"][0]["outputs"][0].get("tolerance", {"absolute": 0, "relative": 0})

        def bind(values, output):
            enqueue = executable.bind(case.name, [(value.stored.data_ptr(), value.stored.nbytes) for value in values],
                                      [(output.data_ptr(), output.nbytes)])

            def call():
                enqueue(torch.cuda.current_stream().cuda_stream)
                return output
            return [call]
        return bind, tolerance


class OnSimulator:
    """Ashlar as `ashlar-run` runs it, through files."""

    def __init__(self, arguments):
        self.compiler = build_packages.Compiler(arguments.build_dir, arguments.target)
        self.folder = tempfile.TemporaryDirectory()

    def open(self, case):
        folder = pathlib.Path(self.folder.name)
        package = folder / f"{case.name}.ashlar"
        _, error = self.compiler.compile(case.text, package, [f"--target={self.compiler.target},sim", "--no-reference"])
        if error:
            raise RuntimeError(error.splitlines()[0])
        tolerance = manifest_of(package)["functions"][0]["outputs"][0].get("tolerance", {"absolute": 0, "relative": 0})

        def bind(values, output):
            def call():
                files = []
                for value, tensor in zip(values, case.inputs):
                    files.append(folder / f"{tensor.name}.bin")
                    files[-1].write_bytes(value.stored.contiguous().view(torch.uint8).numpy().tobytes())
                result = run_process([self.compiler.path.with_name("ashlar-run"), package, "--device=sim", "--sim-threads=1",
                                      f"--output=@{folder / 'y.bin'}", *(f"--input=@{file}" for file in files)])
                if result.returncode:
                    raise RuntimeError(result.stderr.strip())
                data = bytearray((folder / "y.bin").read_bytes())
                return output.copy_(torch.frombuffer(data, dtype=output.dtype).view(output.shape))
            return [call]
        return bind, tolerance


# --- One case ---------------------------------------------------------------------------------------------------------

def check(bind, sets, expected, tolerance):
    """The verdict over the first and the last set of buffers, and the candidates of every set."""
    candidates = [list(bind(values, output)) for values, output in sets]
    verdict = {}
    for index in sorted({0, len(sets) - 1}):
        for candidate in candidates[index]:
            values, output = sets[index]
            output.fill_(float("nan") if output.is_floating_point() else -1)
            judged = of_case.judge(candidate(), expected[index], tolerance)
            if not verdict or judged["failures"] > verdict["failures"] or judged["max_error"] > verdict["max_error"]:
                verdict = judged
    return candidates, verdict


def fastest(clock, candidates):
    """The calls, one for each set, of the candidate that is fastest on the first set."""
    if len(candidates[0]) == 1:
        return [of_set[0] for of_set in candidates]
    times = []
    for candidate in candidates[0]:
        program = clock.prepare([candidate])
        times.append(min(clock.microseconds(program) for _ in range(4)))
    best = times.index(min(times))
    return [of_set[best] for of_set in candidates]


def sets_of(case, on_gpu, device):
    """Values and outputs at different places; the first and the last set have values of their own."""
    count = max(2, min(MOST_SETS, math.ceil(ROTATED_BYTES / case.bytes))) if on_gpu else 2
    first, last = (of_case.random_values(case, seed, device) for seed in (1, 2))
    copies = [[of_case.Value(value.numbers.clone(), value.stored.clone()) for value in first] for _ in range(count - 2)]
    return [(values, of_case.empty_output(case, device)) for values in (first, *copies, last)]


def measure_case(case, ashlar, clock, arguments, device):
    on_gpu = device == "cuda"
    sets = sets_of(case, on_gpu, device)
    expected = {index: of_case.reference(case, sets[index][0]) for index in (0, len(sets) - 1)}
    binds, outcomes, programs, lengths = {}, {}, {}, {}
    tolerance = DEFAULT_TOLERANCE
    try:
        binds["ashlar"], tolerance = ashlar.open(case)
    except Exception as problem:
        outcomes["ashlar"] = {"error": str(problem)}
    binds |= contenders.contenders(case, on_gpu)
    for name, bind in binds.items():
        if name in arguments.without:
            continue
        try:
            candidates, outcomes[name] = check(bind, sets, expected, tolerance)
            calls = fastest(clock, candidates)
            calls = clocks.calls_of_program(clock, calls, SAMPLE_US) if on_gpu else calls
            programs[name], lengths[name] = clock.prepare(calls), len(calls)
        except Exception as problem:  # A contender that cannot do this case is a result, too.
            outcomes[name] = {"error": (str(problem) or type(problem).__name__).splitlines()[0][:300]}
            programs.pop(name, None)
    for name, samples in clocks.interleave(clock, programs, arguments.rounds if on_gpu else 1).items():
        outcomes[name] |= {"samples": len(samples), "calls_of_sample": lengths[name],
                           **clocks.spread([sample / lengths[name] for sample in samples])}
    return {"name": case.name, "family": case.family, "parameters": case.parameters, "flops": case.flops, "bytes": case.bytes,
            "buffer_sets": len(sets), "rotated_bytes": len(sets) * case.bytes, "contenders": outcomes}


# --- All cases --------------------------------------------------------------------------------------------------------

def environment(on_gpu):
    found = {"date": datetime.datetime.now().isoformat(" ", "minutes"), "PyTorch": torch.__version__}
    if not on_gpu:
        return {"device": "none", **found}
    query = "driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit"
    answer = subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"], capture_output=True, text=True)
    fields = dict(zip(("driver", "SM clock", "memory clock", "highest SM clock", "power limit"),
                      map(str.strip, answer.stdout.split("\n")[0].split(","))))
    import triton
    return {"device": torch.cuda.get_device_name(), **fields, **found, "CUDA": torch.version.cuda, "Triton": triton.__version__,
            "cuDNN": str(torch.backends.cudnn.version())}


def faults_of(results):
    """Results of Ashlar that are missing or wrong. Those of others are marked in the table."""
    for case in results["cases"]:
        ours = case["contenders"].get("ashlar")
        if ours and ours.get("error"):
            yield f"{case['name']}: {ours['error']}"
        elif ours and not ours["passed"]:
            yield f"{case['name']}: {ours['failures']} of {ours['elements']} elements are wrong"


def progress(number, count, result):
    times = [f"{name} {outcome['median_us']:.1f} us" if outcome.get("passed") else
             f"{name} {'failed' if outcome.get('error') else 'WRONG'}" for name, outcome in result["contenders"].items()]
    print(f"[{number}/{count}] {result['name']}: {', '.join(times)}", file=sys.stderr, flush=True)


def run(arguments, chosen):
    import cases
    on_gpu = not arguments.dry_run
    if on_gpu and not torch.cuda.is_available():
        print("bench: PyTorch finds no GPU; --dry-run goes the same road without one", file=sys.stderr)
        return 2
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    chosen = chosen if on_gpu else cases.reduced_cases(chosen)
    ashlar = OnGpu(arguments) if on_gpu else OnSimulator(arguments)
    clock = clocks.CudaClock() if on_gpu else clocks.HostClock()
    results = {"environment": environment(on_gpu), "dry_run": not on_gpu, "cases": []}
    start = time.monotonic()
    for number, case in enumerate(chosen, 1):
        if time.monotonic() - start > arguments.seconds:
            print(f"bench: {len(chosen) - number + 1} cases are left out after {arguments.seconds:g} s", file=sys.stderr)
            break
        result = measure_case(case, ashlar, clock, arguments, "cuda" if on_gpu else "cpu")
        progress(number, len(chosen), result)
        results["cases"].append(result)
        build_packages.write_whole(arguments.json, json.dumps(results, indent=1) + "\n")
        if on_gpu:
            torch.cuda.empty_cache()
    faults = list(faults_of(results))
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0
