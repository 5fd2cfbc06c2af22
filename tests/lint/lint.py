#!/usr/bin/env python3
"""Runs one lint over the tree, or its self-test, which plants violations in a tree of its own and wants them found.

    lint.py NAME --root DIR [--build DIR]
    lint.py NAME --self-test

NAME: includes, sizes, words, scripts, headers, units, hardening. Exit 0 when nothing is found, 1 otherwise."""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

NAMES = ("includes", "sizes", "words", "scripts", "headers", "units", "hardening")


class Scene:
    """A small tree on which a lint shows what it finds."""

    def __init__(self, directory, lint):
        self.root = Path(directory).resolve()
        self.lint = lint
        self.failures = []
        self.checks = 0

    def path(self, name):
        return self.root / name

    def write(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def found(self):
        return list(self.lint.check(self.root, self.root / "build"))

    def expect_clean(self):
        self.checks += 1
        found = self.found()
        if found:
            self.failures.append(f"expected nothing, found: {found}")

    def expect(self, name, text, message):
        """Plants `text` in a file, wants `message` to be found there, and restores the file."""
        self.checks += 1
        path = self.root / name
        before = path.read_text(encoding="utf-8") if path.exists() else None
        self.write(name, text)
        found = self.found()
        if not any(message in finding for finding in found):
            self.failures.append(f"planted {text!r} in {name}, expected '{message}', found: {found}")
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--root")
    parser.add_argument("--build")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    lint = importlib.import_module(arguments.name)
    if arguments.self_test:
        with tempfile.TemporaryDirectory() as directory:
            scene = Scene(directory, lint)
            lint.self_test(scene)
        found = scene.failures
        print(f"{scene.checks} checks, {len(found)} failed")
    else:
        if not arguments.root:
            parser.error("--root is needed")
        found = list(lint.check(Path(arguments.root).resolve(), arguments.build))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
