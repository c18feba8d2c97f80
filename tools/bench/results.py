"""The file of results while it grows."""

import json
import os

# The exit code of a process that cannot go on, though another one can with `--resume`.
LOST = 3


def write_whole(path, text):
    """Whoever reads, or goes on after an interruption, finds the old file or the new one."""
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text)
    os.replace(scratch, path)


class Results:
    """It is whole at any time and says which case is being measured, so that a process that dies or hangs in a kernel costs one
    case: the next process goes on behind it."""

    def __init__(self, path, environment, dry_run, resume):
        self.path, self.data = path, {"environment": environment, "dry_run": dry_run, "measuring": None, "cases": []}
        if resume and path.exists():
            old = json.loads(path.read_text())
            self.data["cases"] = old["cases"]
            if old["measuring"]:
                self.add({**old["measuring"], "contenders": {"ashlar": {"error": "the process died or hung"}}})

    @property
    def names(self):
        return {case["name"] for case in self.data["cases"]}

    def begin(self, description):
        self.data["measuring"] = description
        self.write()

    def add(self, result):
        self.data["cases"].append(result)
        self.data["measuring"] = None
        self.write()

    def write(self):
        write_whole(self.path, json.dumps(self.data, indent=1) + "\n")


def faults_of(data):
    """Results of Ashlar that are missing or wrong. Those of others are only marked in the table."""
    for case in data["cases"]:
        ours = case["contenders"].get("ashlar")
        if ours and ours.get("error"):
            yield f"{case['name']}: {ours['error']}"
        elif ours and not ours["passed"]:
            yield f"{case['name']}: {ours['failures']} of {ours['elements']} elements are wrong"
