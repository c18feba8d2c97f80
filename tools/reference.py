#!/usr/bin/env python3
"""Writes the reference of dialects and passes, docs/generated, from the .td files (`tools/dev docs`).

Pages of mlir-tblgen leave out what an operand means and what an option defaults to, so the records are read as JSON and
the pages are written here. An operation without an example is an error. --check writes nothing and compares.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import textwrap

# Upstream's constraints in plain words. What is missing here shows its own summary.
PLAIN_WORDS = {
    "AffineMapAttr": "affine map", "AnyAttr": "any attribute", "AnyRankedTensor": "ranked tensor", "AnyType": "any type",
    "DenseBoolArrayAttr": "array of i1", "DenseI64ArrayAttr": "array of i64", "DictionaryAttr": "dictionary",
    "DictArrayAttr": "array of dictionaries", "F32": "f32", "F32Attr": "f32", "I1": "i1", "I32": "i32", "I32Attr": "i32",
    "I64": "i64", "I64Attr": "i64", "Index": "index", "StrAttr": "string", "SymbolNameAttr": "symbol name",
    "SymbolRefAttr": "symbol", "TypeArrayAttr": "array of types", "UnitAttr": "flag",
}


class Records:
    """The definitions of a .td file and of all it includes."""

    def __init__(self, arguments, path):
        includes = [f"-I{folder}" for folder in (path.parent, arguments.source, *arguments.include)]
        command = [arguments.tblgen, "--dump-json", *includes, str(path)]
        self.all = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def __getitem__(self, reference):
        return self.all[reference["def"] if isinstance(reference, dict) else reference]

    def instances(self, kind):
        return [self.all[name] for name in self.all["!instanceof"].get(kind, [])]

    def of_dialect(self, kind, dialect, field="dialect"):
        found = (record for record in self.instances(kind) if record.get(field) and self[record[field]] is dialect)
        return sorted(found, key=lambda record: record.get("opName") or record.get("mnemonic"))


def sentence(text):
    text = " ".join(text.split()).removesuffix(".")
    return text[:1].upper() + text[1:]


def paragraphs(text):
    return textwrap.dedent(text).strip()


def table(head, rows):
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def anchor(heading):
    """GitHub's name for a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def page(*parts):
    return "\n\n".join(part for part in parts if part) + "\n"


# --- Dialects ---------------------------------------------------------------------------------------------------------

def cases(records, enumeration):
    return ", ".join(f"`{records[case]['str']}`" for case in enumeration["enumerants"])


def type_words(records, record):
    """What may stand there, in a few words."""
    kinds = record["!superclasses"]
    if "Variadic" in kinds or "Optional" in kinds:
        inner = type_words(records, records[record["baseType"]])
        return f"{inner}, optional" if "Optional" in kinds else f"any number of {inner}"
    if "OptionalAttr" in kinds:
        return type_words(records, records[record["baseAttr"]]) + ", optional"
    if "DefaultValuedAttr" in kinds or "DefaultValuedOptionalAttr" in kinds:
        default = record["defaultValue"]
        inner = type_words(records, records[record["baseAttr"]])
        return inner + (", optional" if default == "{}" else f", default {default}")
    if "EnumAttr" in kinds:
        return cases(records, records[record["enum"]])
    if "EnumAttrInfo" in kinds:
        return cases(records, record)
    if "AttrDef" in kinds or "TypeDef" in kinds:
        sigil = "#" if "AttrDef" in kinds else "!"
        return f"`{sigil}{records[record['dialect']]['name']}.{record['mnemonic']}`"
    return PLAIN_WORDS.get(record["!name"], record["summary"].removesuffix(" attribute"))


def member_rows(records, operation):
    for field, kind in (("arguments", None), ("regions", "region"), ("results", "result")):
        for reference, name in operation[field]["args"]:
            record, meaning = records[reference], ""
            if "constraint" in record:  # Arg<…> and Res<…>
                record, meaning = records[record["constraint"]], record["summary"]
            is_attribute = "Attr" in record["!superclasses"]
            words = "" if kind == "region" else type_words(records, record)
            yield kind or ("attribute" if is_attribute else "operand"), f"`{name}`", words, meaning


def operation_section(records, dialect, operation):
    name = f"{dialect['name']}.{operation['opName']}"
    if "```mlir" not in operation["description"]:
        sys.exit(f"{operation['!locs'][0]}: {name} has no example in its description; add one as a ```mlir block")
    rows = list(member_rows(records, operation))
    meanings = any(row[3] for row in rows)
    head = ["", "name", "type", "meaning"] if meanings else ["", "name", "type"]
    syntax = operation["assemblyFormat"]
    if syntax:
        syntax = "Syntax:\n```\n" + f"{name} " + paragraphs(syntax) + "\n```"
    return page(f"### `{name}`", sentence(operation["summary"]) + ".", paragraphs(operation["description"]),
                table(head, [row[:len(head)] for row in rows]), syntax)


def definition_section(records, dialect, sigil, definition):
    rows = []
    for reference, name in definition["parameters"]["args"]:
        summary = records[reference]["summary"] if isinstance(reference, dict) else ""
        if summary:
            rows.append((f"`{name}`", summary))
    return page(f"### `{sigil}{dialect['name']}.{definition['mnemonic']}`", sentence(definition["summary"]) + ".",
                paragraphs(definition["description"]), table(["parameter", ""], rows))


def dialect_page(arguments, name, path, mnemonic):
    records = Records(arguments, path)
    dialect = next(record for record in records.instances("Dialect") if record["name"] == mnemonic)
    operations = records.of_dialect("Op", dialect, "opDialect")
    index = [(f"[`{mnemonic}.{operation['opName']}`]({anchor(mnemonic + '.' + operation['opName'])})",
              sentence(operation["summary"])) for operation in operations]
    attributes = [record for record in records.of_dialect("AttrDef", dialect) if "EnumAttr" not in record["!superclasses"]]
    sections = [page("## Operations"), *(operation_section(records, dialect, record) for record in operations)]
    for title, sigil, definitions in (("Attributes", "#", attributes),
                                      ("Types", "!", records.of_dialect("TypeDef", dialect))):
        if definitions:
            sections += [page(f"## {title}"),
                         *(definition_section(records, dialect, sigil, record) for record in definitions)]
    source = path.relative_to(arguments.source)
    rationale = source.parent / "README.md"
    text = page(f"<!-- Written by `tools/dev docs` from {source.parent}. Edit the .td files there. -->",
                f"# The dialect `{mnemonic}`", sentence(dialect["summary"]) + ".", paragraphs(dialect["description"]),
                f"Why it is as it is: [{rationale}](../../../{rationale}).", table(["operation", ""], index))
    return text + "\n" + "\n".join(sections), (mnemonic, sentence(dialect["summary"]), len(operations))


# --- Passes -----------------------------------------------------------------------------------------------------------

def pass_section(records, record):
    options = []
    for reference in record["options"]:
        option = records[reference]
        default = (option["defaultValue"] or "").strip('"')
        options.append((f"`{option['argument']}`", f"`{default}`" if default else "", option["description"]))
    return page(f"## `{record['argument']}`", sentence(record["summary"]) + ".", paragraphs(record["description"]),
                table(["option", "default", ""], options))


def pass_page(arguments, level, path):
    records = Records(arguments, path)
    passes = sorted(records.instances("Pass"), key=lambda record: int(record["!locs"][0].rsplit(":", 1)[1]))
    source = path.relative_to(arguments.source)
    text = page(f"<!-- Written by `tools/dev docs` from {source}. Edit that. -->", f"# The passes of {level}",
                *(pass_section(records, record).rstrip("\n") for record in passes))
    return text, [(record["argument"], sentence(record["summary"])) for record in passes]


def pages(arguments):
    """Every page by its path, the index last."""
    dialects, passes = [], []
    for name, path, mnemonic in (entry.split("|") for entry in arguments.dialect):
        text, (mnemonic, summary, count) = dialect_page(arguments, name, pathlib.Path(path), mnemonic)
        dialects.append((f"[`{mnemonic}`](Dialects/{name}.md)", summary, count))
        yield f"Dialects/{name}.md", text
    for level, path in (entry.split("|") for entry in arguments.passes):
        text, found = pass_page(arguments, level, pathlib.Path(path))
        passes += [(f"[`{name}`](Passes/{level}.md{anchor(name)})", summary) for name, summary in found]
        yield f"Passes/{level}.md", text
    yield "README.md", page(
        "<!-- Written by `tools/dev docs` from the .td files. -->", "# Reference",
        "Dialects and passes as their .td files define them. [Architecture.md](../Architecture.md) says how they work "
        "together.", "## Dialects", table(["dialect", "", "operations"], dialects),
        "## Passes", "In the order in which data flows.", table(["pass", ""], passes))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     fromfile_prefix_chars="@")
    parser.add_argument("--tblgen", required=True, help="llvm-tblgen")
    parser.add_argument("--source", required=True, type=pathlib.Path, help="root of the source tree")
    parser.add_argument("--include", action="append", default=[], help="where upstream's .td files are")
    parser.add_argument("--dialect", action="append", default=[], metavar="NAME|TD|MNEMONIC")
    parser.add_argument("--passes", action="append", default=[], metavar="LEVEL|TD")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="the folder of the reference")
    parser.add_argument("--check", action="store_true", help="fail if the folder holds anything else")
    arguments = parser.parse_args()

    written = {arguments.output / path: text for path, text in pages(arguments)}
    stale = [path for path in arguments.output.rglob("*.md") if path not in written]
    if arguments.check:
        stale += [path for path, text in written.items() if not path.exists() or path.read_text() != text]
        for path in sorted(stale):
            print(f"{path.relative_to(arguments.source)} is not what the .td files say; run tools/dev docs")
        return 1 if stale else 0
    for path in stale:
        path.unlink()
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
