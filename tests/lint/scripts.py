"""Shell and Python scripts: they parse, shell ones pass shellcheck where it is installed, and programs are executable."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

from tree import files


def first_line(path):
    with open(path, "rb") as script:
        return script.readline(200).decode("utf-8", errors="replace")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def check(root, build=None):
    for path in files(root):
        if not path.is_file():
            continue
        where = path.relative_to(root)
        start = first_line(path)
        if path.suffix == ".sh" or (start.startswith("#!") and "sh" in start.split("/")[-1].split()[-1]):
            wrong = run("bash", "-n", str(path))
            if not wrong and shutil.which("shellcheck"):
                wrong = run("shellcheck", "-f", "gcc", "-x", "-P", str(Path(root)), str(path))
            if wrong:
                yield f"{where}:1: {wrong}"
        elif path.suffix == ".py" or (start.startswith("#!") and "python" in start):
            try:
                ast.parse(path.read_text(encoding="utf-8"), str(where))
            except SyntaxError as error:
                yield f"{where}:{error.lineno}: {error.msg}"
        if start.startswith("#!") and not os.access(path, os.X_OK):
            yield f"{where}:1: starts with #! and is not executable"


def self_test(scene):
    scene.write("packaging/a.sh", "# shellcheck shell=bash\necho good\n")
    scene.write("tests/a.py", "print('good')\n")
    scene.expect_clean()
    scene.expect("packaging/b.sh", "if true; then\n", "syntax error")
    scene.expect("tests/b.py", "def f(:\n", "invalid syntax")
    scene.expect("packaging/c", "#!/bin/sh\necho\n", "not executable")
    if shutil.which("shellcheck"):
        scene.expect("packaging/d.sh", "# shellcheck shell=bash\ncd $1\n", "SC2086")
