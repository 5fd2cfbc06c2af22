"""The programs as built: what the compiler and the linker were to harden is in them (readelf tells).

Only for optimised builds without sanitizers, which bring checks of their own; nothing where readelf is not."""

import re
import shutil
import subprocess
from pathlib import Path

PROGRAMS = ("steelyardd", "steelyardctl", "steelyard")
LANDING = b"\xf3\x0f\x1e\xfa"  # endbr64, where a function that can be jumped to begins
MANY = 100


def readelf(*words):
    return subprocess.run(["readelf", "--wide", *words], capture_output=True, text=True, check=False).stdout


def cached(build, name):
    """A value of CMake's cache; empty when there is none."""
    file = Path(build) / "CMakeCache.txt"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def missing(path):
    """What should be in the program and is not."""
    head, segments, dynamic = readelf("-h", str(path)), readelf("-l", str(path)), readelf("-d", str(path))
    symbols = readelf("--dyn-syms", str(path))
    if not re.search(r"Type:\s+DYN", head):
        yield "it is not position independent (-pie)"
    if "GNU_RELRO" not in segments or not re.search(r"BIND_NOW|\bNOW\b", dynamic):
        yield "its tables stay writable (-z relro, -z now)"
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\S*)", segments)
    if not stack or "E" in stack[1]:
        yield "its stack is executable (-z noexecstack)"
    if "__stack_chk_fail" not in symbols:
        yield "it has no stack protector (-fstack-protector-strong)"
    if not re.search(r"__\w+_chk\b", symbols.replace("__stack_chk_fail", "")):
        yield "no library call is checked (_FORTIFY_SOURCE)"
    # Assertions of the containers end here; without them nothing refers to it.
    if "glibcxx_assert" not in readelf("--dyn-syms", str(path)):
        yield "containers are not checked (_GLIBCXX_ASSERTIONS)"
    # The linker's note tells nothing here: Debian's start files are without it. The C library has a few landings.
    if "X86-64" in head and path.read_bytes().count(LANDING) < MANY:
        yield "jumps are not guarded (-fcf-protection=full)"


def check(root, build=None):
    if not build or not shutil.which("readelf") or cached(build, "CMAKE_BUILD_TYPE") not in ("", "Release"):
        return
    if cached(build, "STEELYARD_HARDENING") != "ON":
        return
    if cached(build, "STEELYARD_SANITIZE") or "clang" in cached(build, "CMAKE_CXX_COMPILER"):
        return
    for name in PROGRAMS:
        path = Path(build) / "bin" / name
        if path.exists():
            for what in missing(path):
                yield f"{path}:1: {what}"


def self_test(scene):
    if not shutil.which("readelf") or not shutil.which("g++"):
        return
    source = scene.path("a.cpp")
    scene.write("a.cpp", "#include <vector>\n#include <cstdio>\n#include <cstring>\n"
                         "int main(int n, char** a) { char b[99]; std::vector<int> v(a[0][0]); strcpy(b, a[0]);\n"
                         "std::puts(b); return v[n]; }\n" + "".join(f"void f{i}() {{}}\n" for i in range(MANY)))
    scene.write("build/bin/steelyardd")
    scene.write("build/CMakeCache.txt", "STEELYARD_HARDENING:BOOL=ON\n")
    good = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-fcf-protection=full", "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=3", "-D_GLIBCXX_ASSERTIONS", "-Wl,-z,relro,-z,now,-z,noexecstack"]
    for more, message in (([], ""), (["-no-pie", "-fno-pie"], "position independent"), (["-Wl,-z,lazy"], "writable"),
                          (["-Wl,-z,execstack"], "executable"), (["-fno-stack-protector"], "stack protector"),
                          (["-U_FORTIFY_SOURCE"], "no library call"), (["-U_GLIBCXX_ASSERTIONS"], "containers"),
                          (["-fcf-protection=none"], "jumps")):
        scene.checks += 1
        words = ["g++", *good, *more, str(source), "-o", str(scene.path("build/bin/steelyardd"))]
        subprocess.run(words, check=True, capture_output=True)
        found = scene.found()
        if message and not any(message in finding for finding in found):
            scene.failures.append(f"built with {more}, expected '{message}', found: {found}")
        elif not message and found:
            scene.failures.append(f"expected nothing, found: {found}")
