#!/usr/bin/env python3
"""Compares Ashlar's kernels with those of cuBLAS, cuDNN, PyTorch and Triton. docs/Benchmarks.md says how.

  bench.py list gemm                               the cases of a suite
  bench.py static gemm attention                   compile, print what is known without a GPU, fail on spills
  bench.py check gemm                              the small siblings, on the simulator, against the reference
  bench.py compile gemm -o packages                compile both
  bench.py check gemm -o packages --device cuda    the small siblings on the GPU of this machine
  bench.py run gemm -o packages --json F           measure on the GPU of this machine
  bench.py run gemm --dry-run                      the same road without a GPU, with the small siblings
  bench.py table F                                 the Markdown of what `run` has written

What runs on a GPU takes the packages as they are, so that a machine with a GPU needs no compiler.
Exit code: 0 success, 1 a wrong or missing result or a fault of a kernel, 2 everything else.
"""

import argparse
import json
import os
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent)]

import build_packages
import cases
import report
import small_siblings
import static_figures
from packages import ROOT


def list_cases(arguments):
    for case in cases.select(arguments.suites, arguments.filter):
        print(f"{case.name:44}{case.flops / 1e9:12.2f} GFLOP{case.bytes / 1e6:12.2f} MB" if not arguments.text else case.text)
    return 0


def compile_full(arguments, chosen):
    compiler = build_packages.Compiler(arguments.build_dir, arguments.target)
    return build_packages.build_all(compiler, chosen, arguments.packages, arguments.jobs)


def compile_small(arguments, chosen):
    """The small siblings of the cases, compiled."""
    small = cases.reduced_cases(chosen)
    compiler = build_packages.Compiler(arguments.build_dir, arguments.target)
    return small, build_packages.build_all(compiler, small, arguments.packages / "small", arguments.jobs, is_small=True)


def compile_only(arguments):
    chosen = cases.select(arguments.suites, arguments.filter)
    records = compile_full(arguments, chosen) + compile_small(arguments, chosen)[1]
    failed = [record for record in records if record["error"]]
    for record in failed:
        print(f"FAILED: {record['name']}: {record['error'].splitlines()[0]}")
    return 1 if failed else 0


def static(arguments):
    chosen = cases.select(arguments.suites, arguments.filter)
    records = compile_full(arguments, chosen)
    if arguments.markdown:
        print(static_figures.markdown_table(records))
    else:
        static_figures.print_table(records)
    if arguments.json:
        arguments.json.write_text(json.dumps(records, indent=1) + "\n")
    faults = [fault for case, record in zip(chosen, records)
              for fault in static_figures.faults_of(record, case.family, arguments.expect_wgmma)]
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


def check(arguments):
    chosen = cases.select(arguments.suites, arguments.filter)
    small = compile_small(arguments, chosen)[0] if arguments.device == "sim" else cases.reduced_cases(chosen)
    problems = small_siblings.check_all(arguments.build_dir / "bin" / "ashlar-run", small, arguments.packages / "small",
                                        arguments.device, arguments.jobs)
    if arguments.json:
        arguments.json.write_text(json.dumps({"checked": [case.name for case in small], "problems": problems}, indent=1) + "\n")
    return 1 if problems else 0


def measure(arguments):
    try:
        import measure  # Needs PyTorch, which no other command does.
    except ImportError as problem:
        print(f"bench: run needs PyTorch: {problem}", file=sys.stderr)
        return 2
    chosen = cases.select(arguments.suites, arguments.filter)
    return measure.run(arguments, compile_small(arguments, chosen)[0] if arguments.dry_run else chosen)


def table(arguments):
    results = [json.loads(path.read_text()) for path in arguments.files]
    print(report.markdown(report.merge(results)), end="")
    return 0


def add_run_options(command):
    command.add_argument("--json", type=pathlib.Path, default=pathlib.Path("bench.json"), help="results (default: bench.json)")
    command.add_argument("--dry-run", action="store_true",
                         help="without a GPU: small siblings, Ashlar on the simulator, PyTorch on the processor")
    command.add_argument("--runtime", type=pathlib.Path, help="libAshlarRuntime.so (default: of the build)")
    command.add_argument("--without", action="append", default=[], metavar="NAME", help="a contender to leave out")
    command.add_argument("--rounds", type=int, default=20, help="samples of each contender (default: 20)")
    command.add_argument("--seconds", type=float, default=1e9, help="start no case after so many seconds")
    command.add_argument("--case-seconds", type=float, default=60, help="a case that takes longer hangs (default: 60)")
    command.add_argument("--resume", action="store_true", help="keep what the file of results has and measure the rest")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function, help_text in (
            ("list", list_cases, "the cases of suites"), ("compile", compile_only, "compile suites into packages"),
            ("static", static, "figures that need no GPU"), ("check", check, "small siblings on the simulator"),
            ("run", measure, "measure"), ("table", table, "the table of results")):
        command = commands.add_parser(name, help=help_text)
        command.set_defaults(function=function)
        if name == "table":
            command.add_argument("files", nargs="+", type=pathlib.Path, help="what run has written")
            continue
        command.add_argument("suites", nargs="+", help=f"names ({', '.join(cases.suite_names())}) or JSON files")
        command.add_argument("--filter", default="", help="regular expression on the cases' names")
        if name == "list":
            command.add_argument("--text", action="store_true", help="print the programs")
            continue
        command.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build", help="(default: build)")
        command.add_argument("-o", "--packages", type=pathlib.Path, default=ROOT / "build" / "bench",
                             help="folder of the packages (default: build/bench)")
        command.add_argument("--target", default="sm_90a", help="(default: sm_90a)")
        command.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilations at a time (default: processors)")
        if name == "static":
            command.add_argument("--expect-wgmma", action="store_true",
                                 help="products and attention must use the tensor cores by warp groups")
            command.add_argument("--markdown", action="store_true", help="a Markdown table")
            command.add_argument("--json", type=pathlib.Path, help="write the records to this file, too")
        if name == "check":
            command.add_argument("--device", default="sim", help="sim, cuda or cuda:N (default: sim)")
            command.add_argument("--json", type=pathlib.Path, help="write what is wrong to this file")
        if name == "run":
            add_run_options(command)
    return parser.parse_args()


def main():
    arguments = parse()
    return arguments.function(arguments)


if __name__ == "__main__":
    sys.exit(main())
