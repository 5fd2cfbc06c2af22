"""Every header compiles alone.

A header whose own source file includes it first is proven by the build; the others are compiled here, with the flags of
a file in their folder, and remembered by content, so that a second run costs nothing."""

import hashlib
import json
import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tree import files, includes

FOLDERS = ("core", "gui", "tests")
DROP_WITH_VALUE = ("-o", "-MF", "-MT", "-MQ", "-include")
DROP = ("-c", "-MD", "-MMD", "-g1", "-g")


def load_flags(build):
    """{source path: compiler and flags} of the build."""
    commands = Path(build) / "compile_commands.json"
    if not commands.exists():
        return {}
    flags = {}
    for entry in json.loads(commands.read_text()):
        words = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
        while words and os.path.basename(words[0]) in ("ccache", "sccache"):
            words.pop(0)
        source = str((Path(entry["directory"]) / entry["file"]).resolve())
        kept, skip = [], False
        for word in words:
            if skip:
                skip = False
            elif word in DROP_WITH_VALUE:
                skip = True
            elif word not in DROP and not word.startswith("-fsanitize") and str(entry["file"]) != word:
                kept.append(word)
        flags[source] = kept
    return flags


def nearest(header, flags):
    """The flags of the source with the longest common path, of several those with the most libraries."""
    def closeness(item):
        source, words = item
        return len(os.path.commonpath([str(header), source])), len(words)

    return max(flags.items(), key=closeness)[1]


def proven_by_build(header, flags):
    source = header.with_suffix(".cpp")
    if str(source.resolve()) not in flags or any("cmake_pch" in w for w in flags[str(source.resolve())]):
        return False
    for _, kind, what in includes(source):
        return kind == '"' and str(header).endswith("/" + what)
    return False


def closure(header, root, seen):
    """The header and all of the project's headers below it."""
    if header in seen:
        return seen
    seen.add(header)
    for _, kind, what in includes(header):
        if kind == '"':
            for base in (root / "core", root / "gui", root / "tests", header.parent):
                if (base / what).exists():
                    closure(base / what, root, seen)
                    break
    return seen


def key_of(header, root, words):
    digest = hashlib.sha256("\0".join(words).encode())
    for path in sorted(closure(header, root, set())):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def compile_alone(header, words):
    done = subprocess.run([*words, "-fsyntax-only", "-include", str(header), "-x", "c++", os.devnull],
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or "the compiler failed"


def check(root, build=None):
    root = Path(root).resolve()
    flags = load_flags(build) if build else {}
    if not flags:
        yield "compile_commands.json:1: there is none in the build directory: configure first"
        return
    memory = Path(build) / "lint-headers.json"
    known = set(json.loads(memory.read_text())) if memory.exists() else set()
    waiting, good = [], set()
    for header in files(root, FOLDERS, (".h",)):
        if proven_by_build(header, flags):
            continue
        words = nearest(header, flags)
        key = key_of(header, root, words)
        if key in known:
            good.add(key)
        else:
            waiting.append((header, words, key))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda item: compile_alone(item[0], item[1]), waiting))
    for (header, _, key), wrong in zip(waiting, results):
        if wrong:
            yield f"{header.relative_to(root)}:1: does not compile alone:\n{wrong}"
        else:
            good.add(key)
    memory.write_text(json.dumps(sorted(good)))


def self_test(scene):
    root = scene.path("")
    scene.write("core/base/a.cpp", '#include "base/a.h"\n')
    scene.write("core/base/a.h", "#pragma once\n")
    scene.write("core/base/b.h", "#pragma once\n#include <vector>\ninline std::vector<int> f();\n")
    scene.write("build/compile_commands.json", json.dumps([{
        "directory": str(root), "file": "core/base/a.cpp",
        "command": f"c++ -std=c++20 -Wall -Werror -I{root}/core -o a.o -c core/base/a.cpp"}]))
    scene.expect_clean()
    scene.expect_clean()
    scene.expect("core/base/b.h", "#pragma once\ninline std::vector<int> f();\n", "does not compile alone")
    # Its own source hides what it lacks by including something else first.
    scene.write("core/base/a.cpp", '#include <string>\n#include "base/a.h"\n')
    scene.expect("core/base/a.h", "#pragma once\ninline std::string g();\n", "does not compile alone")
    scene.write("build/compile_commands.json", "[]")
    scene.expect("core/base/c.h", "", "configure first")
