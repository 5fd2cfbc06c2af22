"""No file of ours over 500 lines, but for those that long_files.txt names with a reason."""

from pathlib import Path

from tree import files, text_lines

LIMIT = 500
ALLOWED = "tests/lint/long_files.txt"
SUFFIXES = (".h", ".cpp", ".py", ".sh", ".js", ".cmake", ".txt", ".yaml", ".json", ".qss")


def reasons(root):
    listing = Path(root) / ALLOWED
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    entries = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            path, _, reason = line.partition(" ")
            entries[path] = reason.strip()
    return entries


def check(root, build=None):
    entries = reasons(root)
    long_ones = set()
    for path in files(root, suffixes=SUFFIXES):
        size = sum(1 for _ in text_lines(path))
        name = path.relative_to(root).as_posix()
        if size <= LIMIT:
            continue
        long_ones.add(name)
        if not entries.get(name):
            yield f"{name}:1: {size} lines: cut it below {LIMIT}, or give a reason in {ALLOWED}"
    for name in sorted(set(entries) - long_ones):
        yield f"{ALLOWED}:1: {name} is not longer than {LIMIT} lines: its entry has no use"


def self_test(scene):
    scene.write("core/base/a.cpp", "\n" * LIMIT)
    scene.expect_clean()
    scene.expect("core/base/a.cpp", "\n" * (LIMIT + 1), "501 lines")
    scene.expect(ALLOWED, "core/base/a.cpp for no reason\n", "no use")
    scene.write("core/base/b.cpp", "\n" * (LIMIT + 1))
    scene.expect(ALLOWED, "core/base/b.cpp\n", "501 lines")
    scene.write(ALLOWED, "# path reason\ncore/base/b.cpp a table of another standard\n")
    scene.expect_clean()
