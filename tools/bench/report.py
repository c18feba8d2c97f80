"""Tables from what `bench.py run` has written."""

import math

# Contenders by the names that results use, in the order of columns; others follow.
ORDER = ("ashlar", "cublas", "cublas_fast", "cudnn", "flash", "cudnn_attention", "efficient", "math", "torch", "tinygemm", "triton")


def is_valid(outcome):
    """Whether a time stands there that means something: no error, and the right result."""
    return bool(outcome) and not outcome.get("error") and outcome.get("passed", False) and bool(outcome.get("median_us"))


def ratio(case, contender):
    """How many times as fast as the contender Ashlar is; nothing where one of them has no valid time."""
    ours, theirs = case["contenders"].get("ashlar"), case["contenders"].get(contender)
    return theirs["median_us"] / ours["median_us"] if is_valid(ours) and is_valid(theirs) else None


def best_other(case):
    """Name and time of the fastest valid contender that is not Ashlar."""
    others = [(outcome["median_us"], name) for name, outcome in case["contenders"].items()
              if name != "ashlar" and is_valid(outcome)]
    return min(others)[::-1] if others else (None, None)


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def merge(results):
    """Later results of a case replace earlier ones; the environment is the last one's."""
    found = {}
    for result in results:
        for case in result["cases"]:
            found[case["name"]] = case
    return {**results[-1], "cases": list(found.values())}


def time_cell(outcome):
    if not outcome:
        return ""
    if outcome.get("error"):
        return "failed"
    if not outcome.get("passed", False):
        return "WRONG"
    if "median_us" not in outcome:
        return "right"
    return f"{outcome['median_us']:.1f} ({outcome['p10_us']:.1f}–{outcome['p90_us']:.1f})"


def rate_cell(case):
    """Of the work in TFLOP/s and of the bytes in TB/s, whichever the reader wants to hold against the device."""
    ours = case["contenders"].get("ashlar")
    if not is_valid(ours):
        return ""
    return f"{case['flops'] / ours['median_us'] / 1e6:.1f} / {case['bytes'] / ours['median_us'] / 1e6:.2f}"


def number(value):
    return "" if value is None else f"{value:.2f}"


def family_table(family_cases):
    present = {name for case in family_cases for name in case["contenders"]}
    names = [name for name in ORDER if name in present] + sorted(present - set(ORDER))
    others = [name for name in names if name != "ashlar"]
    compared = [part for name in others for part in (f"{name}, µs", f"/{name}")]
    lines = [["case", "ashlar, µs (p10–p90)", "TFLOP/s / TB/s", *compared, "best other", "/best"]]
    lines.append(["---"] * len(lines[0]))
    ratios = {name: [] for name in others}
    bests = []
    for case in family_cases:
        row = [case["name"], time_cell(case["contenders"].get("ashlar")) or "missing", rate_cell(case)]
        for name in others:
            value = ratio(case, name)
            ratios[name] += [value] if value else []
            row += [time_cell(case["contenders"].get(name)), number(value)]
        best, _ = best_other(case)
        value = ratio(case, best) if best else None
        bests += [value] if value else []
        lines.append([*row, best or "", number(value)])
    means = [part for name in others for part in ("", number(geometric_mean(ratios[name])))]
    lines.append(["geometric mean", "", "", *means, "", number(geometric_mean(bests))])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def remarks(results):
    """Everything that has no time, with its reason."""
    for case in results["cases"]:
        for name, outcome in case["contenders"].items():
            if outcome.get("error"):
                yield f"- {case['name']}, {name}: {outcome['error']}"
            elif not outcome.get("passed", False):
                yield (f"- {case['name']}, {name}: {outcome['failures']} of {outcome['elements']} elements are wrong, "
                       f"largest error {outcome['max_error']:.3g}")


def markdown(results):
    environment = results["environment"]
    parts = [", ".join(f"{key} {value}" for key, value in environment.items() if value) + "."]
    if results["dry_run"]:
        parts.append("A dry run, without times: small shapes, Ashlar on the simulator, the others on the processor.")
    else:
        parts.append("Columns `/name`: the time of `name` by Ashlar's, above 1 where Ashlar is faster; times are medians "
                     "with the tenth and ninetieth percentile.")
    for family in dict.fromkeys(case["family"] for case in results["cases"]):
        parts.append(f"### {family}\n\n" + family_table([case for case in results["cases"] if case["family"] == family]))
    notes = list(remarks(results))
    if notes:
        parts.append("Without a time:\n" + "\n".join(notes))
    return "\n\n".join(parts) + "\n"
