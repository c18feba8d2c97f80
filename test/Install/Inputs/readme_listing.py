"""Prints the CMake listing of README.md that asks for a component of Ashlar, so that tests use what readers are told."""

import pathlib
import re
import sys

path, component = sys.argv[1:]
listings = re.findall(r"^```cmake\n(.*?)^```", pathlib.Path(path).read_text(), re.M | re.S)
matching = [listing for listing in listings if re.search(rf"find_package\(Ashlar [^)]*COMPONENTS {component}\)", listing)]
if len(matching) != 1:
    sys.exit(f"{path} has {len(matching)} CMake listings that find the component {component}; there must be one")
print(matching[0], end="")
