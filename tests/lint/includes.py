"""The include graph: who may include whom (architecture, "Folders"), and no widgets below the console."""

import json
import re
from pathlib import Path

from tree import files, includes

# Direct neighbours; what a neighbour may include is included too.
GRAPH = {
    "base": (),
    "supervise": ("base",),
    "net": ("base",),
    "config": ("base",),
    "http": ("base",),
    "tls": ("net",),
    "routing": ("config", "http"),
    "balancing": ("base",),
    "health": ("config", "net", "tls", "http"),
    "stats": ("base",),
    "runtime": ("config", "routing", "balancing", "tls", "stats"),
    "proxy": ("runtime", "net", "tls", "http"),
    "engine": ("proxy", "health", "runtime", "stats", "interop", "supervise"),
    "interop": ("config",),
    "lab": ("net", "http", "stats"),
    "simulation": ("config", "balancing", "health"),
}
# The programs see the engine's face and values, not what is behind it.
PROGRAMS = {
    "daemon": ("base", "config", "engine", "stats", "lab", "interop", "simulation", "supervise"),
    "ctl": ("base", "config", "engine", "stats"),
}
GUI_FOLDERS = ("base", "config", "engine")
GUI_FILES = ("stats/snapshot.h", "lab/demo.h", "interop/export.h")
CORE_QT = ("QtCore", "QtNetwork")


def allowed(folder):
    """Folders of core/ that `folder` may include, itself too."""
    if folder in PROGRAMS:
        return {folder, *PROGRAMS[folder]}
    seen, waiting = set(), [folder]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += GRAPH.get(name, ())
    return seen


def qt_directory(build):
    """The directory that holds QtCore/, from the compiler's flags; None without a build."""
    commands = Path(build or ".") / "compile_commands.json"
    if not build or not commands.exists():
        return None
    for entry in json.loads(commands.read_text()):
        match = re.search(r"(/\S+)/QtCore(?:\s|$)", entry.get("command", ""))
        if match:
            return Path(match[1])
    return None


def qt_violation(what, qt):
    module, _, name = what.rpartition("/")
    if module.startswith("Qt"):
        return module not in CORE_QT
    if not re.match(r"Q[A-Z]", name) or qt is None:
        return False
    return not any((qt / m / name).exists() for m in CORE_QT)


def check_core(root, qt):
    core = Path(root) / "core"
    known = set(GRAPH) | set(PROGRAMS)
    for path in files(root, ("core",), (".h", ".cpp")):
        folder = path.relative_to(core).parts[0]
        where = path.relative_to(root)
        if folder not in known:
            yield f"{where}:1: folder '{folder}' is not in the graph of tests/lint/includes.py"
            continue
        for line, kind, what in includes(path):
            if kind == "<":
                if qt_violation(what, qt):
                    yield f"{where}:{line}: core/ includes <{what}>: only QtCore and QtNetwork are for core/"
                continue
            target = what.split("/")[0]
            if "/" not in what:
                if not what.endswith(".moc"):
                    yield f'{where}:{line}: "{what}" must be written with its folder, "{folder}/{what}"'
            elif target not in known or not (core / what).exists():
                yield f'{where}:{line}: "{what}" is no file of core/'
            elif target not in allowed(folder):
                yield f"{where}:{line}: {folder}/ must not include {target}/ ({what})"


def check_gui(root):
    core = Path(root) / "core"
    for path in files(root, ("gui",), (".h", ".cpp")):
        for line, kind, what in includes(path):
            folder = what.split("/")[0]
            if kind == "<" or "/" not in what or not (core / folder).is_dir():
                continue
            if (Path(root) / "gui" / what).exists():
                continue
            if folder not in GUI_FOLDERS and what not in GUI_FILES:
                yield f"{path.relative_to(root)}:{line}: gui/ must not include {what} (engine, config and values only)"


def check(root, build=None):
    yield from check_core(root, qt_directory(build))
    yield from check_gui(root)


def self_test(scene):
    qt = scene.path("qt")
    for name in ("QtCore/QObject", "QtNetwork/QTcpServer", "QtWidgets/QWidget"):
        scene.write("qt/" + name)
    scene.write("build/compile_commands.json",
                json.dumps([{"command": f"c++ -isystem {qt} -isystem {qt}/QtCore -c x.cpp", "file": "x.cpp"}]))
    scene.write("core/base/a.h", "#include <QObject>\n#include <vector>\n")
    scene.write("core/net/b.h", '#include "base/a.h"\n#include <QTcpServer>\n')
    scene.write("core/proxy/c.h", '#include "net/b.h"\n#include "config/m.h"\n')
    scene.write("core/config/m.h", "")
    scene.write("core/stats/snapshot.h", "")
    scene.write("core/stats/counters.h", "")
    scene.write("core/engine/engine.h", '#include "proxy/c.h"\n')
    scene.write("gui/models/t.h", '#include "engine/engine.h"\n#include "stats/snapshot.h"\n#include <QWidget>\n'
                                  '#include "models/u.h"\n')
    scene.write("gui/models/u.h", "")
    scene.expect_clean()
    scene.expect("core/base/a.h", '#include "net/b.h"\n', "base/ must not include net/")
    scene.expect("core/net/b.h", "#include <QWidget>\n", "only QtCore and QtNetwork")
    scene.expect("core/net/b.h", "#include <QtGui/QColor>\n", "only QtCore and QtNetwork")
    scene.expect("core/net/b.h", '#include "a.h"\n', "with its folder")
    scene.expect("core/net/b.h", '#include "base/gone.h"\n', "no file of core/")
    scene.expect("core/ctl/main.cpp", '#include "proxy/c.h"\n', "ctl/ must not include proxy/")
    scene.expect("core/extra/x.h", "", "not in the graph")
    scene.expect("gui/models/t.h", '#include "proxy/c.h"\n', "gui/ must not include proxy/c.h")
    scene.expect("gui/models/t.h", '#include "stats/counters.h"\n', "gui/ must not include stats/counters.h")
