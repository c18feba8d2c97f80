#!/usr/bin/env python3
"""How long compilation takes: every program of docs/examples, to PTX and to a package for all targets.

Prints one line per program, the best of a number of runs of the whole process; nothing is judged. The goals: one kernel
from IR to PTX in less than a second, all packages of the folder in less than 15 on two cores.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def seconds(command, repetitions):
    best = float("inf")
    for _ in range(repetitions):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default="build", help="where the tools were built (default: build)")
    parser.add_argument("--repetitions", type=int, default=3, help="runs, of which the fastest counts (default: 3)")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    compiler = ROOT / arguments.build_dir / "bin" / "ashlar-compile"
    figures = []
    print(f"{'program':28}{'kernels':>8}{'PTX, s':>10}{'a kernel, s':>13}{'package, s':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted((ROOT / "docs" / "examples").glob("*.mlir")):
            output = pathlib.Path(folder) / "output"
            to_ptx = seconds([compiler, source, "-o", output, "--emit=ptx", "--target=sm_90a"], arguments.repetitions)
            kernels = output.read_text().count(".visible .entry")
            to_package = seconds([compiler, source, "-o", output, "--target=sm_90a,sm_80,sim"], arguments.repetitions)
            print(f"{source.stem:28}{kernels:8}{to_ptx:10.2f}{to_ptx / kernels:13.2f}{to_package:12.2f}", flush=True)
            figures.append({"program": source.stem, "kernels": kernels, "ptx_s": to_ptx, "package_s": to_package})
    total = sum(figure["package_s"] for figure in figures)
    print(f"{'all':28}{sum(f['kernels'] for f in figures):8}{sum(f['ptx_s'] for f in figures):10.2f}{'':13}{total:12.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
