"""systemd units: what systemd itself finds wrong, and an exposure of at most 2.5. Nothing where systemd-analyze is not."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tree import files

EXPOSURE = "25"  # tenths


def verify(path):
    """systemd's words about the unit; its programs are replaced, they need not be installed here."""
    text = re.sub(r"^(Exec\w+=)\S.*$", r"\1/bin/true", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / path.name
        copy.write_text(text, encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True,
                              check=False)
    return done.stderr.strip().replace(f"{directory}/", "")


def check(root, build=None):
    if not shutil.which("systemd-analyze"):
        return
    for path in files(root, ("packaging",), (".service",)):
        where = path.relative_to(root)
        words = verify(path)
        if words:
            yield f"{where}:1: {words}"
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}", str(path)],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{where}:1: its exposure is above {int(EXPOSURE) / 10} (systemd-analyze security --offline=yes)"


def self_test(scene):
    if not shutil.which("systemd-analyze"):
        return
    unit = Path(__file__).parent.parent.parent / "packaging/systemd/steelyardd.service"
    text = unit.read_text(encoding="utf-8")
    scene.write("packaging/a.service", text)
    scene.expect_clean()
    scene.expect("packaging/a.service", text.replace("ProtectClock=", "ProtectKlock="), "Unknown key")
    open_unit = "[Service]\nExecStart=/usr/bin/steelyardd\n"
    scene.expect("packaging/b.service", open_unit, "exposure is above")
