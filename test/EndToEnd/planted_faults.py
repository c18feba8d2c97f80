#!/usr/bin/env python3
"""Plants faults into compiled programs, one at a time, and holds that each is caught.

usage: planted_faults.py FAULT

  barrier   every barrier of a kernel, left out: a finding of the simulator, and of ashlar-tile-verify-barriers
  wait      every wait for asynchronous copies, left out: the same (behind a loop by the verifier alone)
  bound     rows that end one too late: findings, reading and writing
  swizzle   shared buffers without their swizzle: bank conflicts, where there were none
  schedule  tiles and stages that no multiprocessor holds: refused before code is generated

Programs are stopped on the level where the fault belongs, edited as text, and compiled on from there. Each passes
unedited first: what is found is the fault.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

PRODUCT = """
func.func @f(%a: tensor<100x200xf16>, %b: tensor<200x72xf16>) -> tensor<100x72xf16> {
  %r = ashlar.matmul %a, %b : tensor<100x200xf16>, tensor<200x72xf16> -> tensor<100x72xf16>
  return %r : tensor<100x72xf16>
}
"""
PRODUCT_SCHEDULE = 'schedule({mma = "mma_sync", stages = 3 : i64, threads = 128 : i64, tile = [64, 64, 32], warps = [2, 2]})'
# Two blocking copies and a reduction across warps.
UNALIGNED = PRODUCT.replace("200x72", "200x71").replace("100x72", "100x71")
# Three turns of a loop of two stages: the last one reads the stage whose memory the epilogue uses again.
ATTENTION = """
func.func @f(%q: tensor<1x1x130x64xf16>, %k: tensor<1x1x300x64xf16>, %v: tensor<1x1x300x64xf16>) -> tensor<1x1x130x64xf16> {
  %r = ashlar.attention %q, %k, %v : tensor<1x1x130x64xf16>, tensor<1x1x300x64xf16>,
      tensor<1x1x300x64xf16> -> tensor<1x1x130x64xf16>
  return %r : tensor<1x1x130x64xf16>
}
"""


class Workshop:
    """Runs the tools on texts, in a folder that disappears."""

    def __init__(self, folder, target="sm_80"):
        self.folder = pathlib.Path(folder)
        self.target = target

    def run(self, text, *command):
        source = self.folder / "source.mlir"
        source.write_text(text)
        return subprocess.run([command[0], str(source), *command[1:]], capture_output=True, text=True)

    def stop_at(self, stage, text, *options):
        result = self.run(text, "ashlar-compile", f"--emit={stage}", f"--target={self.target}", "-o", "-", *options)
        if result.returncode:
            sys.exit(f"does not compile:\n{text}\n{result.stderr}")
        return result.stdout

    def tile_program(self, program):
        """The block's program; products with a schedule of several warps and stages."""
        text = self.stop_at("tensor", program)
        if "ashlar.matmul" in program:
            stages = "stages = 1" if "71xf16" in program else "stages = 3"
            text = re.sub(r"schedule\(\{.*?\}\)", PRODUCT_SCHEDULE.replace("stages = 3", stages), text)
        return self.stop_at("tile", text, "--from=tensor")

    def simulate(self, text, stage="tile"):
        """What the simulator reports of a program on the level `stage`, as ashlar-run --json has it."""
        package, report = self.folder / "f.ashlar", self.folder / "report.json"
        report.unlink(missing_ok=True)
        result = self.run(text, "ashlar-compile", f"--from={stage}", f"--target={self.target},sim", "-o", str(package))
        if result.returncode:
            sys.exit(f"does not compile:\n{text}\n{result.stderr}")
        arguments = re.search(r"func\.func @f\((.*?)\) ->", text).group(1).count("%")
        inputs = [f"--input=@random:{i + 1}" for i in range(arguments)]
        output = f"--output=@{self.folder}/out.npy"
        ran = subprocess.run(["ashlar-run", str(package), "--device=sim", "--sim-checks=on", "--sim-async=both",
                              "--profile", f"--json={report}", output, *inputs], capture_output=True, text=True)
        if not report.exists():
            sys.exit(f"does not run:\n{ran.stdout}{ran.stderr}")
        return json.loads(report.read_text())


def findings_of(report):
    return [finding for step in report["steps"] for finding in step["findings"]]


def conflicts_of(report):
    return sum(step["counters"]["bank_conflicts"] for step in report["steps"])


def require(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")
    print(f"ok: {message}")


def require_clean(workshop, text, name):
    report = workshop.simulate(text)
    require(not findings_of(report), f"{name}: nothing is found where nothing is planted")
    return report


def is_idle(line):
    """A wait behind its loop: every copy that had anything to do has been waited for in the loop, which the analysis on
    the tile level does not know, and a run does."""
    return re.match(r"    tile\.async_wait 0", line)


def without_each(workshop, operation):
    """Leaves out each operation of that name in turn."""
    for name, program in (("product", PRODUCT), ("unaligned product", UNALIGNED), ("attention", ATTENTION)):
        text = workshop.tile_program(program)
        require_clean(workshop, text, name)
        lines = text.splitlines(keepends=True)
        places = [i for i, line in enumerate(lines) if line.strip().startswith(operation)]
        for number, place in enumerate(places):
            edited = "".join(lines[:place] + lines[place + 1:])
            where = f"{name}: without {operation} {number + 1} of {len(places)}"
            verdict = workshop.run(edited, "ashlar-opt", "--ashlar-tile-verify-barriers", "-o", "/dev/null")
            require(verdict.returncode != 0, f"{where}: ashlar-tile-verify-barriers refuses it")
            if is_idle(lines[place]):
                continue
            found = findings_of(workshop.simulate(edited))
            require(found, f"{where}: the simulator finds {found[0].splitlines()[0] if found else 'nothing'}")
        if operation == "tile.barrier" or name != "unaligned product":
            require(places, f"{name} has {operation}")


def barrier(workshop):
    without_each(workshop, "tile.barrier")


def wait(workshop):
    without_each(workshop, "tile.async_wait")


def bound(workshop):
    tile_text = workshop.tile_program(PRODUCT)
    require_clean(workshop, tile_text, "product")
    text = workshop.stop_at("gpu", tile_text, "--from=tile")
    # The rows of both A and C end at 100.
    edited = text.replace("%c100 = arith.constant 100 :", "%c100 = arith.constant 101 :")
    require(edited != text, "the thread's program has a bound to move")
    found = findings_of(workshop.simulate(edited, "gpu"))
    for access in ("nvvm.cp.async", "llvm.store"):
        require(any("out-of-bounds" in finding and access in finding for finding in found),
                f"one row too many is found at {access}")


def swizzle(workshop):
    for name, program in (("product", PRODUCT), ("attention", ATTENTION)):
        text = workshop.tile_program(program)
        require(conflicts_of(require_clean(workshop, text, name)) == 0, f"{name}: no bank conflicts")
        edited = re.sub(r", swizzle = \d+ : \d+ : \d+", "", text)
        require(edited != text, f"{name} has a swizzle to leave out")
        require(conflicts_of(workshop.simulate(edited)) > 0, f"{name}: bank conflicts without it")


def schedule(workshop):
    text = workshop.stop_at("tensor", PRODUCT)
    for change, reason in (('tile = [256, 256, 128], warps = [2, 2]})', "shared memory"),
                           ('tile = [256, 256, 16], warps = [2, 2]})', "registers per thread")):
        planted = PRODUCT_SCHEDULE.replace("tile = [64, 64, 32], warps = [2, 2]})", change)
        edited = re.sub(r"schedule\(\{.*?\}\)", planted, text)
        result = workshop.run(edited, "ashlar-compile", "--from=tensor", "--target=sm_80", "-o", "-", "--emit=ptx")
        require(result.returncode == 1 and reason in result.stderr, f"a schedule of too many {reason} is refused")


FAULTS = {function.__name__: function for function in (barrier, wait, bound, swizzle, schedule)}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in FAULTS:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        FAULTS[sys.argv[1]](Workshop(folder))
