#!/usr/bin/env python3
"""Plants faults into the phases of memory barriers, one at a time, and holds that the simulator finds each.

usage: planted_phase_faults.py product | attention

A product of several tiles a block and an attention are stopped on the tile level as kernels of warp groups, edited as
text, and compiled on from there: waits left out, parities flipped, bytes announced too few or too many, stages handed
back too early or never, products not waited for. Each passes unedited first: what is found is the fault.
"""

import os
import re
import sys
import tempfile

from planted_faults import ATTENTION, PRODUCT, Workshop, findings_of, require, require_clean

COMMON = 'mma = "wgmma", persistent, roles = "cooperative", stages = 2 : i64, threads = 128 : i64'
SCHEDULES = {PRODUCT: f"schedule({{{COMMON}, tile = [64, 40, 64]}})",
             ATTENTION: f"schedule({{{COMMON}, packing = 1 : i64, tile = [64, 48]}})"}


def tile_program(workshop, program):
    text = workshop.stop_at("tensor", program)
    text = re.sub(r"schedule\(\{.*?\}\)", SCHEDULES[program], text)
    return workshop.stop_at("tile", text, "--from=tensor")


def without_lines(lines, operation):
    for place, line in enumerate(lines):
        if line.strip().startswith(operation):
            yield f"without line {place}, {line.strip()[:40]}", lines[:place] + lines[place + 1:]


def flipped_parities(lines):
    """Rings whose first wait of the consumers is for the other parity."""
    consumer = next(i for i, line in enumerate(lines) if 'tile.role "consumer"' in line)
    producer = next(i for i, line in enumerate(lines) if 'tile.role "producer"' in line)
    for place in range(consumer, producer):
        wait = re.search(r"tile\.mbarrier_wait (%\w+)\[%\w+\] parity (%\w+)", lines[place])
        if wait:
            edited = list(lines)
            flip = f"      %flipped = arith.subi %c1, {wait[2]} : index\n"
            edited[place] = flip + lines[place].replace(f"parity {wait[2]}", "parity %flipped")
            yield f"flipped parity at line {place}", edited


def other_bytes(lines):
    for place, line in enumerate(lines):
        announced = re.search(r"tile\.mbarrier_expect .* bytes (\d+)", line)
        for change in (-64, 64) if announced else ():
            edited = list(lines)
            edited[place] = line.replace(f"bytes {announced[1]}", f"bytes {int(announced[1]) + change}")
            yield f"{change} bytes at line {place}", edited


def early_releases(lines):
    """Hands a stage back where it has just become full."""
    for place, line in enumerate(lines):
        release = re.match(r"\s*tile\.mbarrier_arrive (%\w+)\[(%\w+)\] :", line)
        if not release:
            continue
        for before in range(place - 1, 0, -1):
            if re.search(rf"tile\.mbarrier_wait %\w+\[{release[2]}\]", lines[before]):
                yield f"released early at line {place}", lines[:before + 1] + [line] + lines[before + 1:place] + lines[place + 1:]
                break


def late_waits(lines):
    """Leaves products under way: the operation stays, for what it hands on."""
    for place, line in enumerate(lines):
        if "tile.mma_wait 0" in line:
            edited = list(lines)
            edited[place] = line.replace("tile.mma_wait 0", "tile.mma_wait 7")
            yield f"product not waited for at line {place}", edited


def plant(workshop, name, program):
    text = tile_program(workshop, program)
    require_clean(workshop, text, name)
    lines = text.splitlines(keepends=True)
    faults = [*without_lines(lines, "tile.mbarrier_wait"), *without_lines(lines, "tile.mbarrier_arrive"),
              *flipped_parities(lines), *other_bytes(lines), *early_releases(lines), *late_waits(lines)]
    for what, edited in faults:
        found = findings_of(workshop.simulate("".join(edited)))
        require(found, f"{name}: {what}: the simulator finds {found[0].splitlines()[0][:120] if found else 'nothing'}")
    require(len(faults) >= 8, f"{name}: {len(faults)} faults were planted")


if __name__ == "__main__":
    programs = {"product": PRODUCT, "attention": ATTENTION}
    if len(sys.argv) != 2 or sys.argv[1] not in programs:
        sys.exit(__doc__)
    # So that a block has several tiles, and its rings go on from one to the next.
    os.environ["ASHLAR_SIMULATOR_MULTIPROCESSORS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        plant(Workshop(folder, "sm_90a"), sys.argv[1], programs[sys.argv[1]])
