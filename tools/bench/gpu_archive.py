#!/usr/bin/env python3
"""Packs what a machine with a GPU needs to measure (`tools/dev bench-packages`): runtime, tools, packages of every suite, and the
scripts. The archive unpacks to one folder with the layout of a source tree, where tools/bench/gpu_session.py finds all of it.
That machine needs Python, PyTorch and a driver, no compiler."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tarfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent)]

from packages import ROOT

MOST_BYTES = 64 << 20
TOOLS = ("ashlar-run", "ashlar-bench")
LIBRARY = "libAshlarRuntime.so"


def stripped(source, destination):
    """Without symbols, where there is a tool that takes them out."""
    shutil.copy(source, destination)  # Through links: the archive holds files only.
    strip = shutil.which("llvm-strip-22") or shutil.which("strip")
    if strip:
        subprocess.run([strip, destination], check=True)


def assemble(build, packages, folder):
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("build/bin", "build/lib", "build/bench/small", "tools/bench"):
        (folder / name).mkdir(parents=True)
    for name in TOOLS:
        stripped(build / "bin" / name, folder / "build" / "bin" / name)
    stripped(build / "lib" / LIBRARY, folder / "build" / "lib" / LIBRARY)
    for pattern in ("*.ashlar", "*.json", "small/*.ashlar", "small/*.json"):
        for path in packages.glob(pattern):
            shutil.copy(path, folder / "build" / "bench" / path.relative_to(packages))
    shutil.copy(ROOT / "tools" / "packages.py", folder / "tools")
    for path in (ROOT / "tools" / "bench").glob("*.py"):
        shutil.copy(path, folder / "tools" / "bench")
    shutil.copytree(ROOT / "tools" / "bench" / "suites", folder / "tools" / "bench" / "suites")
    shutil.copy(ROOT / "LICENSE", folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build", help="(default: build)")
    parser.add_argument("--packages", type=pathlib.Path, help="(default: bench in the build)")
    parser.add_argument("--output", type=pathlib.Path, help="(default: ashlar-gpu in the build; the archive lies beside it)")
    arguments = parser.parse_args()
    build = arguments.build_dir
    folder = arguments.output or build / "ashlar-gpu"
    assemble(build, arguments.packages or build / "bench", folder)
    archive = folder.with_name(folder.name + ".tar.gz")
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, folder.name)
    unpacked = sum(path.stat().st_size for path in folder.rglob("*"))
    count = len(list(folder.glob("build/bench/**/*.ashlar")))
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB, {unpacked / 1e6:.1f} MB unpacked, {count} packages")
    if max(archive.stat().st_size, unpacked) > MOST_BYTES:
        print(f"gpu_archive: that is more than {MOST_BYTES >> 20} MiB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
