"""Words that must not be in the tree: promises instead of work, and tests that sleep instead of waiting."""

import re
from pathlib import Path

from tree import files, text_lines

PROMISES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SLEEPS = re.compile(r"\b(qWait|qSleep|usleep|nanosleep|sleep_for|sleep_until|msleep|(?:QThread|this_thread)::\w*sleep\w*"
                    r"|time\.sleep|sleep)\s*\(")
SHELL_SLEEP = re.compile(r"(^|[;&|]|\bdo\b|\bthen\b)\s*sleep\s+[0-9.$]")
# For a poll that has a deadline of its own, where the language has nothing better; the line says why.
EXCUSE = "lint: "
TEST_SUFFIXES = (".h", ".cpp", ".py", ".js", ".sh")
TOP_LEVEL = ("CMakeLists.txt", "CMakePresets.json", "README.md")


def check(root, build=None):
    root = Path(root)
    own = root / "tests/lint/words.py"
    everything = files(root) + [root / name for name in TOP_LEVEL if (root / name).exists()]
    for path in everything:
        if path == own:
            continue
        in_tests = path.is_relative_to(root / "tests") and path.suffix in TEST_SUFFIXES
        for number, line in text_lines(path):
            where = f"{path.relative_to(root)}:{number}"
            promise = PROMISES.search(line)
            if promise:
                yield f"{where}: '{promise[1]}': do it, or leave it out"
            if in_tests and EXCUSE not in line and (SLEEPS.search(line) or SHELL_SLEEP.search(line)):
                yield f"{where}: a test sleeps: wait on a condition with a deadline"


def self_test(scene):
    scene.write("core/base/a.cpp", "// nothing to see; asleep(1) is no sleep\nusleep(1);\n")
    scene.write("tests/a_test.cpp", "QTRY_VERIFY(done);\nint asleep(int);\n")
    scene.write("tests/poll.py", "time.sleep(0.01)  # lint: polls with a deadline\n")
    scene.expect_clean()
    scene.expect("core/base/a.cpp", "// TO" "DO: later\n", "do it, or leave it out")
    scene.expect("CMakeLists.txt", "# FIX" "ME\n", "do it, or leave it out")
    for call in ("QTest::qWait(5);", "usleep(5);", "std::this_thread::sleep_for(5ms);", "QThread::msleep(5);", "sleep(1);"):
        scene.expect("tests/b_test.cpp", call + "\n", "a test sleeps")
    scene.expect("tests/c.py", "time.sleep(1)\n", "a test sleeps")
    scene.expect("tests/d.sh", "true; sleep 1\n", "a test sleeps")
