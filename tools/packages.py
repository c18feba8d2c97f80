"""Packages as the Python tools see them: how the compiler makes one, what its manifest says, and which properties of its
kernels are faults although the results are right."""

import json
import math
import pathlib
import re
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ELEMENT_BITS = {"f32": 32, "f16": 16, "bf16": 16, "f8E4M3FN": 8, "i64": 64, "i32": 32, "i8": 8, "i4": 4, "i1": 8}


def run(command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)


def stop(message):
    """Ends the program over what the user asked for; 1 is the exit code of results that are wrong."""
    print(f"bench: {message}", file=sys.stderr)
    sys.exit(2)


def manifest_of(package):
    with zipfile.ZipFile(package) as archive:
        return json.loads(archive.read("manifest.json"))


def image_of(package, target):
    """The bytes of the image for `target`."""
    with zipfile.ZipFile(package) as archive:
        entry = next(entry for entry in json.loads(archive.read("manifest.json"))["targets"] if entry["name"] == target)
        return archive.read(entry["image"])


def tensor_bytes(tensor):
    return (math.prod(tensor["dims"]) * ELEMENT_BITS[tensor["element"]] + 7) // 8


def kernel_shortcomings(manifest):
    """What ptxas says of kernels that must not be: spills, local memory, and products that it had to serialise."""
    for kernel in manifest["kernels"]:
        for resources in kernel.get("resources", []):
            for kind in ("spill", "stack"):
                if resources[f"{kind}_bytes"]:
                    yield f"{kernel['name']} has {resources[f'{kind}_bytes']} {kind} bytes on {resources['target']}"
            if re.search(r"\bC75\d\d\b", resources["notes"]):
                yield f"{kernel['name']} on {resources['target']}: {resources['notes']}"
