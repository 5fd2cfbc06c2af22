"""What every lint shares: which files are the project's own, and the include lines of a source file."""

import os
import re
from pathlib import Path

FOLDERS = ("core", "gui", "resources", "tests", "packaging", ".ci")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(root, folders=FOLDERS, suffixes=None):
    """Paths below the folders, sorted; suffixes like (".h", ".cpp"), None for all."""
    found = []
    for folder in folders:
        for where, names, entries in os.walk(Path(root) / folder):
            names[:] = [n for n in names if n not in ("__pycache__", "node_modules")]
            found += [Path(where) / entry for entry in entries]
    return sorted(p for p in found if suffixes is None or p.suffix in suffixes)


def includes(path):
    """(line number, "<" or '"', what) of each include line."""
    with open(path, encoding="utf-8", errors="replace") as source:
        for number, line in enumerate(source, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1], match[2]


def text_lines(path):
    """(line number, line) of a text file; nothing of a binary one."""
    data = path.read_bytes()
    if b"\0" in data:
        return
    yield from enumerate(data.decode("utf-8", errors="replace").splitlines(), 1)
