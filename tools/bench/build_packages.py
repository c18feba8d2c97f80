"""Compiles the cases of suites into packages, one for each, and keeps beside each what is known of it without a GPU.

DIR/NAME.ashlar is the package, DIR/NAME.json its record: what it was made from, how long that took, what ptxas says, which
machine instructions the kernels have. A record whose key still fits is not made again. DIR/small has the small siblings,
with an image for the simulator and the reference.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import shutil
import sys
import time

import cubin
from packages import image_of, manifest_of, run, stop
from results import write_whole


class Compiler:
    """`ashlar-compile` of a build, and ptxas where there is one."""

    def __init__(self, build, target):
        self.path = pathlib.Path(build) / "bin" / "ashlar-compile"
        if not self.path.exists():
            stop(f"there is no {self.path}; build it, or name the build with --build-dir")
        self.target = target
        self.assembler = shutil.which("ptxas")
        version = run([self.assembler, "--version"]).stdout if self.assembler else "none"
        self.identity = hashlib.sha256(self.path.read_bytes() + version.encode()).hexdigest()

    def key(self, text, options):
        return hashlib.sha256("\0".join([self.identity, *options, text]).encode()).hexdigest()

    def compile(self, text, package, options):
        """Seconds, and what the compiler complains of."""
        start = time.perf_counter()
        result = run([self.path, "-", "-o", package, *options], input=text)
        return time.perf_counter() - start, result.stderr.strip() if result.returncode else ""

    @property
    def image_options(self):
        """Assembled images, where that is possible: a GPU's driver then has nothing to assemble, and they can be read here."""
        return [f"--target={self.target}", *(["--cubin"] if self.assembler else [])]

    def histogram(self, package):
        """Machine instructions of every kernel; none where there is no assembler."""
        return cubin.histogram(image_of(package, self.target)) if self.assembler else {}


def record_of(folder, name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def build_package(compiler, case, folder, options):
    """The record of a case; and whether it had to be made."""
    key, package = compiler.key(case.text, options), folder / f"{case.name}.ashlar"
    old = record_of(folder, case.name)
    if old and old["key"] == key and (old["error"] or package.exists()):
        return old, False
    package.unlink(missing_ok=True)
    seconds, error = compiler.compile(case.text, package, options)
    record = {"name": case.name, "key": key, "target": compiler.target, "compile_seconds": round(seconds, 3), "error": error,
              "kernels": []}
    if not error:
        counts = compiler.histogram(package)
        for kernel in manifest_of(package)["kernels"]:
            record["kernels"].append({**kernel, "instructions": counts.get(kernel["name"], {})})
    write_whole(folder / f"{case.name}.json", json.dumps(record, indent=1) + "\n")
    return record, True


def build_all(compiler, cases, folder, jobs, is_small=False):
    """Records in the order of the cases; progress goes to standard error."""
    options = [*compiler.image_options, "--target=sim" if is_small else "--no-reference"]
    folder.mkdir(parents=True, exist_ok=True)
    records, made = {}, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(build_package, compiler, case, folder, options): case for case in cases}
        for done in concurrent.futures.as_completed(waiting):
            case = waiting[done]
            records[case.name], is_new = done.result()
            made += is_new
            state = "does not compile" if records[case.name]["error"] else \
                f"{records[case.name]['compile_seconds']:.2f} s" if is_new else "up to date"
            print(f"[{len(records)}/{len(cases)}] {case.name}: {state}", file=sys.stderr, flush=True)
    print(f"{made} compiled, {len(cases) - made} up to date", file=sys.stderr)
    return [records[case.name] for case in cases]
