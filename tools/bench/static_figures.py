"""What is known of packages without a GPU, as a table, and what of it is a fault."""

import re

from cubin import WARP_GROUP_PRODUCTS, WARP_PRODUCTS
from packages import kernel_shortcomings

COLUMNS = (("case", 34), ("kernel", 12), ("registers", 9), ("spilled", 7), ("stack", 5), ("shared", 7), ("threads", 7),
           ("tile", 16), ("products", 12), ("MUFU", 5), ("all", 6), ("cycles", 10), ("compile, s", 10))


def products_of(kernel):
    """The tensor-core instructions of a kernel as "HMMA 128"."""
    counts = kernel["instructions"]
    return " ".join(f"{name} {counts[name]}" for name in (*WARP_GROUP_PRODUCTS, *WARP_PRODUCTS) if name in counts)


def of_schedule(kernel, field):
    """A number or list that the schedule names, as text; empty where it names none."""
    found = re.search(rf"\b{field} = (\d+|\[[\d, ]*\])", kernel["schedule"])
    return "x".join(re.findall(r"\d+", found.group(1))) if found else ""


def rows_of(record):
    """One row for each kernel of a case."""
    if record["error"]:
        yield [record["name"], "does not compile"] + [""] * (len(COLUMNS) - 2)
    for kernel in record["kernels"]:
        counts, name = kernel["instructions"], kernel["name"].removeprefix(record["name"] + "_")
        for resources in kernel["resources"] or [{}]:
            figures = [resources.get(field, "") for field in ("registers", "spill_bytes", "stack_bytes", "shared_bytes")]
            yield [record["name"], name, *figures, of_schedule(kernel, "threads"), of_schedule(kernel, "tile"),
                   products_of(kernel), counts.get("MUFU", ""), sum(counts.values()) or "", of_schedule(kernel, "cycles"),
                   f"{record['compile_seconds']:.2f}"]


def faults_of(record, family, expect_warp_groups):
    """What must not be, one sentence each."""
    if record["error"]:
        yield f"{record['name']} does not compile: {record['error'].splitlines()[0]}"
        return
    yield from kernel_shortcomings(record)
    if not expect_warp_groups or family not in ("matmul", "attention"):
        return
    found = {name for kernel in record["kernels"] for name in kernel["instructions"]}
    if not found:
        yield f"{record['name']}: no ptxas, so that nothing is known of its instructions"
    elif old := sorted(found & set(WARP_PRODUCTS)):
        yield f"{record['name']} multiplies by {', '.join(old)}"
    elif not found & set(WARP_GROUP_PRODUCTS):
        yield f"{record['name']} has none of {', '.join(WARP_GROUP_PRODUCTS)}"


def print_table(records):
    print("  ".join(name.ljust(width) if index < 2 else name.rjust(width) for index, (name, width) in enumerate(COLUMNS)))
    for record in records:
        for row in rows_of(record):
            print("  ".join(str(cell).ljust(width) if index < 2 else str(cell).rjust(width)
                            for index, (cell, (_, width)) in enumerate(zip(row, COLUMNS))), flush=True)


def markdown_table(records):
    """Without columns that say nothing."""
    rows = [row for record in records for row in rows_of(record)]
    shown = [index for index in range(len(COLUMNS)) if any(row[index] != "" for row in rows)]
    lines = [[name for name, _ in COLUMNS], ["---"] * len(COLUMNS), *rows]
    return "\n".join("| " + " | ".join(str(line[index]) for index in shown) + " |" for line in lines)
