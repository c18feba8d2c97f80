#!/usr/bin/env python3
"""Everything that a short time on a GPU should answer, the most important first: are the results right, then how fast are
large products, attention, decoding, and the rest.

usage: gpu_session.py [--seconds 570] [--output DIR]

Writes to DIR (default: the variable OUT, else gpu-results) check.json, what is wrong with the small siblings, results.json and
benchmarks.md, its tables. A process that dies or hangs in a kernel is started again behind it. Takes the packages of
build/bench as they are (`tools/dev bench-packages` makes an archive with all that is needed). Exit code: 0 if every result is
right, 1 if not.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent)]

import report
from packages import ROOT
from results import LOST, faults_of

BENCH = pathlib.Path(__file__).resolve().parent / "bench.py"
# All suites but gemm_fp8, whose element type the dialect does not have yet.
ALL = ["gemm", "attention", "decode", "quantized", "convolution", "depthwise", "gemm_i8"]
# Name, suites, a regular expression on the names of cases, rounds of samples.
STEPS = (
    ("check", ALL, "", 0),
    ("gemm-large", ["gemm"], r"^square_(4096|8192|16384)_bf16$", 20),
    ("attention-128", ["attention"], r"^attention_d128_.*_bf16$", 20),
    ("decode", ["decode"], "", 10),
    ("gemm-layers", ["gemm"], r"_m(16|128|4096)$", 10),
    ("quantized-layers", ["quantized"], r"^w4a16_llama.*_m(1|16|128)$|^w8a16_llama3_8b.*_m16$|^w4a8_llama3_8b.*_m16$", 10),
    ("convolution-128", ["convolution", "depthwise"], r"^im2win|_b128$", 10),
    ("gemm", ["gemm", "gemm_i8"], "", 10),
    ("attention", ["attention"], "", 10),
    ("quantized", ["quantized"], "", 10),
    ("convolution", ["convolution", "depthwise"], "", 10),
)
MOST_RESTARTS = 30


class Session:
    def __init__(self, arguments):
        self.end = time.monotonic() + arguments.seconds
        self.output = arguments.output.resolve()
        self.output.mkdir(parents=True, exist_ok=True)
        self.passed = True

    @property
    def seconds_left(self):
        return self.end - time.monotonic()

    def bench(self, *arguments):
        """The exit code of bench.py; what runs beyond the session's end is stopped."""
        command = [sys.executable, BENCH, *map(str, arguments)]
        try:
            return subprocess.run(command, cwd=ROOT, timeout=max(1, self.seconds_left)).returncode
        except subprocess.TimeoutExpired:
            print("gpu_session: the time is over", file=sys.stderr)
            return LOST

    def check(self, suites):
        code = self.bench("check", *suites, "--device=cuda", f"--json={self.output / 'check.json'}", "--jobs=4")
        self.passed &= code == 0

    def run(self, suites, pattern, rounds):
        """Measures what has no result yet, in as many processes as it takes."""
        path = self.output / "results.json"
        for _ in range(MOST_RESTARTS):
            code = self.bench("run", *suites, f"--filter={pattern}", f"--json={path}", "--resume", f"--rounds={rounds}",
                              f"--seconds={self.seconds_left - 10:.0f}", "--case-seconds=45")
            data = json.loads(path.read_text()) if path.exists() else None
            if not data:
                self.passed = False
                return
            (self.output / "benchmarks.md").write_text(report.markdown(data))
            if self.seconds_left < 15 or code != LOST and not data["measuring"]:
                break
        self.passed &= not list(faults_of(data))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=570, help="how long it may take (default: 570)")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(os.environ.get("OUT") or "gpu-results"))
    session = Session(parser.parse_args())
    for name, suites, pattern, rounds in STEPS:
        if session.seconds_left < 15:
            print(f"gpu_session: no time is left for {name} and what follows", file=sys.stderr)
            break
        print(f"gpu_session: {name}, {session.seconds_left:.0f} s left", file=sys.stderr, flush=True)
        if name == "check":
            session.check(suites)
        else:
            session.run(suites, pattern, rounds)
    return 0 if session.passed else 1


if __name__ == "__main__":
    sys.exit(main())
