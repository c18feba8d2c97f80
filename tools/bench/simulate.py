"""Runs the small siblings of cases on the simulator, with every check, against the reference inside their packages."""

import concurrent.futures
import json
import pathlib
import sys
import tempfile

from packages import run


def simulate(compiler, case, folder):
    """An empty text, or what went wrong."""
    package, report = folder / f"{case.name}.ashlar", folder / f"{case.name}.run.json"
    _, error = compiler.compile(case.text, package, [f"--target={compiler.target},sim"])
    if error:
        return f"does not compile: {error.splitlines()[0]}"
    command = [compiler.path.with_name("ashlar-run"), package, "--device=sim", "--sim-async=both", "--check", "--sim-threads=1",
               f"--json={report}", *(f"--input={spec}" for spec in case.specifications())]
    result = run(command)
    if result.returncode == 0:
        return ""
    if not report.exists():
        return result.stderr.strip()
    outcome = json.loads(report.read_text())
    wrong = [f"{check['output']} against {check['against']}: {check['failures']} elements"
             for check in outcome.get("checks", []) if not check["passed"]]
    findings = [finding for step in outcome.get("steps", []) for finding in step["findings"]]
    return "; ".join(wrong + findings[:2]) or result.stderr.strip()


def simulate_all(compiler, cases, jobs):
    """Prints a line for each case; whether all pass."""
    failures = 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        outcomes = pool.map(lambda case: simulate(compiler, case, pathlib.Path(scratch)), cases)
        for case, problem in zip(cases, outcomes):
            print(f"{case.name}: {'FAIL: ' + problem if problem else 'PASS'}", flush=True)
            failures += bool(problem)
    print(f"{len(cases) - failures} passed, {failures} failed", file=sys.stderr)
    return failures == 0
