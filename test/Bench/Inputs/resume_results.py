"""A process that dies while it measures `killer`, and the one after it."""

import pathlib
import sys

from results import Results, faults_of

path = pathlib.Path(sys.argv[1])
path.unlink(missing_ok=True)
before = Results(path, {"device": "none"}, False, resume=True)
before.begin({"name": "first"})
before.add({"name": "first", "contenders": {"ashlar": {"passed": True}}})
before.begin({"name": "killer"})

after = Results(path, {"device": "none"}, False, resume=True)
print(sorted(after.names))
after.add({"name": "third", "contenders": {"ashlar": {"passed": False, "failures": 1, "elements": 2}}})
print(list(faults_of(after.data)))
