"""Runs the small siblings of cases against the references inside their packages: on the simulator with every check, or on a
GPU."""

import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

from packages import run

# What takes longer hangs.
MOST_SECONDS = {"sim": 600, "cuda": 20}


def problem_of(report):
    """What ashlar-run found wrong, in a line."""
    if "error" in report:
        return report["error"]
    wrong = [f"{check['output']} against {check['against']}: {check['failures']} elements are wrong"
             for check in report["checks"] if not check["passed"]]
    findings = [finding for step in report["steps"] for finding in step["findings"]]
    return "; ".join(wrong + findings[:2])


def check(runner, case, folder, device):
    """An empty text, or what went wrong."""
    package = folder / f"{case.name}.ashlar"
    if not package.exists():
        return "there is no package"
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [runner, package, f"--device={device}", "--check", "--sim-threads=1", f"--json={report.name}",
                   *(f"--input={spec}" for spec in case.specifications())]
        try:
            result = run(command + (["--sim-async=both"] if device == "sim" else []), timeout=MOST_SECONDS[device.split(":")[0]])
        except subprocess.TimeoutExpired as problem:
            return f"takes more than {problem.timeout:.0f} seconds"
        if result.returncode == 0:
            return ""
        text = pathlib.Path(report.name).read_text()
        return problem_of(json.loads(text)) if text else f"ashlar-run exits with {result.returncode}: {result.stderr.strip()}"


def check_all(runner, cases, folder, device, jobs):
    """Prints a line for each case, and gives what is wrong by name."""
    problems = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for case, problem in zip(cases, pool.map(lambda case: check(runner, case, folder, device), cases)):
            print(f"{case.name}: {'FAIL: ' + problem if problem else 'PASS'}", flush=True)
            if problem:
                problems[case.name] = problem
    print(f"{len(cases) - len(problems)} passed, {len(problems)} failed", file=sys.stderr)
    return problems
