#!/usr/bin/env python3
"""Holds the rules of the source tree that a compiler does not hold. Prints one line per offence; exit code 1 if any.

  includes   a level includes no other level, an edge its two ends only (docs/Architecture.md has the table)
  names      pass definition, argument, source file and test share one name; verbs come from a closed list
  passes     every pass has a summary of at least four words and a description
  tests      CHECK lines are read by FileCheck
  negatives  every numbered constraint of an operation, type or attribute has a test that violates it
  files      size, path length, opening comment, no "Utils", no unowned marks of unfinished work
"""

import pathlib
import re
import sys

SHARED = {"Support", "Layout", "Target", "CostModel", "Reference"}
# What each folder of lib/ may include beside itself. `dialects` of a level count as the level.
ALLOWED = {
    "Support": set(), "Layout": set(), "Target": {"Support"}, "CostModel": {"Target", "Layout"},
    "Reference": {"Target", "Ashlar"},
    "Tensor": {"Ashlar", "CostModel", "Target", "Layout"},
    "TensorToTile": {"Ashlar", "Tensor", "Tile", "CostModel", "Layout"},
    "Tile": {"Layout", "CostModel", "Target", "Support"},
    "TileToGPU": {"Tile", "GPU", "Ptx", "Layout"},
    "GPU": {"Ptx", "Target"}, "GPUToPTX": {"GPU", "Ptx", "Target"}, "GPUToHost": {"GPU", "Ptx", "Target", "Simulator"},
    "Package": {"Support"}, "GPUToPackage": {"Tile", "GPU", "Package", "Support", "CostModel"},
    "Runtime": {"Support", "Package"}, "Simulator": {"Support", "Layout"},
    "SimulatorDevice": {"Support", "Simulator", "Runtime", "Package"},
}
VERBS = {"verify", "canonicalize", "decompose", "fuse", "assign", "plan", "pipeline", "hoist", "lower", "convert",
         "emit", "bind", "count", "specialize"}
LINES, PATH = 600, 75
SOURCES = {".cpp", ".h", ".td", ".py"}


def kebab(name):
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", name))
    return spaced.lower()


def check_includes(root):
    for folder in ("lib", "include/ashlar"):
        for path in sorted((root / folder).glob("*/**/*")):
            level = path.relative_to(root / folder).parts[0]
            if path.suffix not in SOURCES or level not in ALLOWED:
                continue
            for match in re.finditer(r'#include "(ashlar|dialects)/(\w+)/', path.read_text()):
                other = match.group(2)
                if other != level and other not in ALLOWED[level]:
                    yield f"{path.relative_to(root)}: includes {other}, which {level} must not know"


def check_passes(root):
    for path in sorted((root / "include/ashlar").glob("*/Passes.td")):
        level, text = path.parent.name, path.read_text()
        for match in re.finditer(r'def (\w+) : Pass<"([\w-]+)"(.*?)(?=\ndef |\Z)', text, re.S):
            definition, argument, body = match.groups()
            where = f"{path.relative_to(root)}: {definition}"
            name = definition.removesuffix("Pass")
            words = kebab(name).split("-")
            if not definition.endswith("Pass"):
                yield f"{where}: the definition must end in Pass"
            if words[0] not in VERBS:
                yield f"{where}: '{words[0]}' is not one of the verbs {', '.join(sorted(VERBS))}"
            if not argument.replace("-", "").endswith(kebab(name).replace("-", "")) or not argument.startswith("ashlar-"):
                yield f"{where}: argument {argument} does not say {kebab(name)}"
            if not (root / "lib" / level / f"{name}.cpp").exists():
                yield f"{where}: there is no lib/{level}/{name}.cpp"
            stem = kebab(name).replace("-", "")
            if not any(test.stem.replace("-", "").startswith(stem) for test in (root / "test" / level).glob("*.mlir")):
                yield f"{where}: there is no test/{level}/{kebab(name)}.mlir"
            summary = re.search(r'let summary = "([^"]*)"', body)
            if not summary or len(summary.group(1).split()) < 4:
                yield f"{where}: the summary must have at least four words"
            if "let description" not in body:
                yield f"{where}: has no description"


def check_tests(root):
    for path in sorted((root / "test").rglob("*")):
        if path.suffix not in {".mlir", ".test", ".ll"} or "Inputs" in path.parts:
            continue
        text = path.read_text()
        if "RUN:" not in text:
            yield f"{path.relative_to(root)}: has no RUN line"
        elif re.search(r"^\s*(//|#|;) *CHECK", text, re.M) and "FileCheck" not in text:
            yield f"{path.relative_to(root)}: has CHECK lines that nothing reads"


def constrained(text, dialect):
    """The numbered constraints of a .td file: what a message about one begins with, and the number."""
    # Classes whose operations share the beginning of a mnemonic: `Tile_Op<"mbarrier_" # mnemonic, …>`.
    prefixes = dict(re.findall(r'\nclass (\w+)<string mnemonic[^:]*:\s*\w+<"(\w+)" # mnemonic', text))
    for match in re.finditer(r"\ndef \w+\s+: (\w+)<(.*?)(?=\ndef |\nclass |\Z)", text, re.S):
        kind, body = match.groups()
        is_type, is_attribute = kind.endswith("_Type"), kind.endswith(("_Attr", "AttrDef"))
        strings, mnemonic = re.findall(r'"(\w+)"', body.split("{")[0]), re.search(r'let mnemonic = "(\w+)"', body)
        if not strings:
            continue
        # An operation's class takes its mnemonic first, a type's or attribute's the C++ name before it.
        name = mnemonic.group(1) if mnemonic else prefixes.get(kind, "") + strings[is_type or is_attribute]
        name = f"{dialect}.{name}"
        label = f"'!{name}'" if is_type else f"'#{name}'" if is_attribute else f"'{name}' op"
        for number in sorted(set(re.findall(r"\((C\d+)\)", body))):
            yield label, number


def check_negatives(root):
    tests = "".join(path.read_text() for path in sorted((root / "test").glob("*/*invalid*.mlir")))
    expected = "\n".join(re.findall(r"expected-error[^\n]*", tests))
    for folder in sorted((root / "dialects").iterdir()):
        texts = {path: path.read_text() for path in sorted(folder.glob("*.td"))}
        names = re.findall(r': Dialect \{.*?let name = "(\w+)"', "".join(texts.values()), re.S)
        for path, text in texts.items():
            for label, number in constrained(text, names[0]):
                if f"{label} {number}:" not in expected:
                    yield f"{path.relative_to(root)}: no test/*/*invalid*.mlir expects \"{label} {number}: …\""


def check_files(root):
    for folder in ("cmake", "dialects", "include", "lib", "test", "tools", "python-bindings", "docs"):
        for path in sorted((root / folder).rglob("*")) if (root / folder).exists() else ():
            relative = path.relative_to(root)
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            if len(str(relative)) > PATH:
                yield f"{relative}: the path has more than {PATH} characters"
            if "util" in path.name.lower():
                yield f"{relative}: name it by what it is, not by Utils"
            if path.suffix not in SOURCES:
                continue
            text = path.read_text()
            if text.count("\n") > LINES:
                yield f"{relative}: has more than {LINES} lines"
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#)", text) and path.name != "lint.py":
                yield f"{relative}: holds a mark of unfinished work without an owner"
            if path.suffix == ".cpp" and not text.startswith("//===-- " + path.name):
                yield f"{relative}: must open with its name and purpose"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    offences = [line for check in (check_includes, check_passes, check_tests, check_negatives, check_files) for line in check(root)]
    for line in offences:
        print(line)
    print(f"{len(offences)} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
