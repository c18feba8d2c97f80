"""Measures cases on this machine: Ashlar and every contender in one process, on the same values, each checked.

With `--dry-run` the same happens without a GPU: small siblings, Ashlar on the simulator, PyTorch on the processor.
"""

import datetime
import math
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

import torch

import build_packages
import clocks
import contenders
import runtime
import values as of_case
from packages import manifest_of, run as run_process
from results import LOST, Results, faults_of

# Between calls on the same buffers lie so many bytes: more than twice the L2 of an H200.
ROTATED_BYTES = 128 << 20
MOST_SETS = 256
SAMPLE_US = 2000.0
DEFAULT_TOLERANCE = {"absolute": 0.03, "relative": 0.02}


def first_line(problem):
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:300]


# --- Ashlar -----------------------------------------------------------------------------------------------------------

def existing_package(folder, case):
    package, record = folder / f"{case.name}.ashlar", build_packages.record_of(folder, case.name)
    if record and record["error"]:
        raise FileNotFoundError(f"does not compile: {record['error'].splitlines()[0]}")
    if not package.exists():
        raise FileNotFoundError(f"there is no package {package.name}; compile the suite first")
    return package


def tolerance_of(manifest):
    return manifest["functions"][0]["outputs"][0].get("tolerance", {"absolute": 0, "relative": 0})


class OnGpu:
    """Ashlar through its C API, on PyTorch's tensors and stream."""

    def __init__(self, arguments):
        path = arguments.runtime or arguments.build_dir / "lib" / "libAshlarRuntime.so"
        self.device = runtime.Device(runtime.Library(path), f"cuda:{torch.cuda.current_device()}")
        self.packages = arguments.packages

    def open(self, case):
        executable = runtime.Executable(self.device, existing_package(self.packages, case))

        def bind(values, output):
            enqueue = executable.bind(case.name, [(value.stored.data_ptr(), value.stored.nbytes) for value in values],
                                      [(output.data_ptr(), output.nbytes)])

            def call():
                enqueue(torch.cuda.current_stream().cuda_stream)
                return output
            return [call]
        return bind, tolerance_of(executable.manifest)


class OnSimulator:
    """Ashlar as `ashlar-run` runs it, through files."""

    def __init__(self, arguments):
        self.runner, self.packages = arguments.build_dir / "bin" / "ashlar-run", arguments.packages / "small"
        self.folder = tempfile.TemporaryDirectory()

    def open(self, case):
        package, folder = existing_package(self.packages, case), pathlib.Path(self.folder.name)

        def bind(values, output):
            def call():
                files = []
                for value, tensor in zip(values, case.inputs):
                    files.append(folder / f"{tensor.name}.bin")
                    files[-1].write_bytes(value.stored.contiguous().view(torch.uint8).numpy().tobytes())
                result = run_process([self.runner, package, "--device=sim", "--sim-threads=1", f"--output=@{folder / 'y.bin'}",
                                      *(f"--input=@{file}" for file in files)])
                if result.returncode:
                    raise RuntimeError(result.stderr.strip())
                data = bytearray((folder / "y.bin").read_bytes())
                return output.copy_(torch.frombuffer(data, dtype=output.dtype).view(output.shape))
            return [call]
        return bind, tolerance_of(manifest_of(package))


# --- One case ---------------------------------------------------------------------------------------------------------

def check(bind, sets, expected, tolerance):
    """The verdict over the first and the last set of buffers, and for every set the candidates that can do the case."""
    candidates = [list(bind(values, output)) for values, output in sets]
    verdict, able = {}, set(range(len(candidates[0])))
    for index in sorted({0, len(sets) - 1}):
        output = sets[index][1]
        for number, candidate in enumerate(candidates[index]):
            output.fill_(float("nan") if output.is_floating_point() else -1)
            try:
                judged = of_case.judge(candidate(), expected[index], tolerance)
            except Exception:  # A block size that needs too much of something; without any that works, nothing does.
                able.discard(number)
                if not able:
                    raise
                continue
            if not verdict or (judged["failures"], judged["max_error"]) > (verdict["failures"], verdict["max_error"]):
                verdict = judged
    return [[of_set[number] for number in sorted(able)] for of_set in candidates], verdict


def check_program(program, sets, expected, tolerance):
    """The verdict over the outputs that a whole program leaves: call upon call, as it is timed."""
    for index in expected:
        sets[index][1].fill_(0)
    program()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    verdicts = [of_case.judge(sets[index][1], right, tolerance) for index, right in expected.items()]
    return max(verdicts, key=lambda verdict: verdict["failures"])


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
    copies = [[value.clone() for value in first] for _ in range(count - 2)]
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
        outcomes["ashlar"] = {"error": first_line(problem)}
    binds |= contenders.contenders(case, on_gpu)
    for name, bind in binds.items():
        if name in arguments.without:
            continue
        try:
            candidates, outcomes[name] = check(bind, sets, expected, tolerance)
            calls = fastest(clock, candidates)
            calls = clocks.calls_of_program(clock, calls, SAMPLE_US) if on_gpu else calls
            programs[name], lengths[name] = clock.prepare(calls), len(calls)
            if name == "ashlar" and outcomes[name]["passed"]:
                outcomes[name] = check_program(programs[name], sets, expected, tolerance)
        except Exception as problem:  # A contender that cannot do this case is a result, too.
            outcomes[name] = {"error": first_line(problem)}
            programs.pop(name, None)
    for name, samples in clocks.interleave(clock, programs, arguments.rounds if on_gpu else 1).items():
        if on_gpu:
            outcomes[name] |= {"samples": len(samples), "calls_of_sample": lengths[name],
                               **clocks.spread([sample / lengths[name] for sample in samples])}
    programs.clear()  # Graphs go before the modules whose kernels they launch.
    return {**description_of(case), "buffer_sets": len(sets), "rotated_bytes": len(sets) * case.bytes,
            "contenders": outcomes}


def description_of(case):
    return {"name": case.name, "family": case.family, "parameters": case.parameters, "flops": case.flops, "bytes": case.bytes}


# --- All cases --------------------------------------------------------------------------------------------------------

def environment(on_gpu):
    found = {"date": datetime.datetime.now().isoformat(" ", "minutes"), "PyTorch": torch.__version__}
    if not on_gpu:
        return {"device": "none", **found}
    import triton
    return {"device": torch.cuda.get_device_name(), **device_state(), **found, "CUDA": torch.version.cuda,
            "Triton": triton.__version__, "cuDNN": str(torch.backends.cudnn.version())}


def device_state():
    """Driver and clocks, as nvidia-smi sees them now."""
    if not shutil.which("nvidia-smi"):
        return {}
    fields = {"driver": "driver_version", "SM clock": "clocks.sm", "memory clock": "clocks.mem",
              "highest SM clock": "clocks.max.sm", "power limit": "power.limit", "temperature": "temperature.gpu"}
    answer = run_process(["nvidia-smi", f"--query-gpu={','.join(fields.values())}", "--format=csv,noheader"]).stdout
    return dict(zip(fields, map(str.strip, answer.split("\n")[0].split(","))))


def state_of(outcome):
    if outcome.get("error"):
        return "failed"
    return "WRONG" if not outcome["passed"] else f"{outcome['median_us']:.1f} us" if "median_us" in outcome else "right"


def progress(result):
    states = ", ".join(f"{name} {state_of(outcome)}" for name, outcome in result["contenders"].items())
    print(f"{result['name']}: {states}", file=sys.stderr, flush=True)


def device_is_usable(on_gpu):
    """After a fault of a kernel the driver refuses everything until the process ends."""
    try:
        if on_gpu:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        return True
    except RuntimeError as problem:
        print(f"bench: the device is lost to this process: {str(problem).splitlines()[0]}", file=sys.stderr)
        return False


def measure_all(arguments, chosen, results, on_gpu):
    """Whether every case had its turn in this process."""
    ashlar = OnGpu(arguments) if on_gpu else OnSimulator(arguments)
    clock = clocks.CudaClock() if on_gpu else clocks.HostClock()
    start = time.monotonic()
    waiting = [case for case in chosen if case.name not in results.names]
    for number, case in enumerate(waiting):
        if time.monotonic() - start > arguments.seconds:
            print(f"bench: {len(waiting) - number} cases are left out after {arguments.seconds:g} s", file=sys.stderr)
            return True
        results.begin(description_of(case))
        watchdog = threading.Timer(arguments.case_seconds, give_up, [case])
        watchdog.daemon = True
        if on_gpu:  # The simulator finds what would hang, and a busy machine only looks as if it did.
            watchdog.start()
        try:
            result = measure_case(case, ashlar, clock, arguments, "cuda" if on_gpu else "cpu")
        except Exception as problem:
            result = {**description_of(case), "contenders": {"ashlar": {"error": first_line(problem)}}}
        usable = device_is_usable(on_gpu)
        watchdog.cancel()
        if on_gpu and number % 16 == 0:  # While the device is warm.
            results.data["environment"] |= device_state()
        results.add(result)
        progress(result)
        if not usable:
            return False
    return True


def give_up(case):
    print(f"bench: {case.name} hangs", file=sys.stderr, flush=True)
    os._exit(LOST)


def run(arguments, chosen):
    on_gpu = not arguments.dry_run
    if on_gpu and not torch.cuda.is_available():
        print("bench: PyTorch finds no GPU; --dry-run goes the same road without one", file=sys.stderr)
        return 2
    if not on_gpu:
        torch.set_num_threads(1)  # The shapes are small, and threads that wait for each other suffer on a busy machine.
    results = Results(arguments.json, environment(on_gpu), not on_gpu, arguments.resume)
    if not measure_all(arguments, chosen, results, on_gpu):
        return LOST
    faults = list(faults_of(results.data))
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0
