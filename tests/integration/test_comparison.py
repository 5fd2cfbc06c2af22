"""Live, beside nginx and HAProxy: one of four servers answers after 300 ms, and who notices."""
import sys

from harness import SOURCE, once, slow
from waiting import SLOWDOWN, equal

sys.path.insert(0, str(SOURCE / "tests/bench"))
import slow_server  # noqa: E402


@slow
@once
def test_algorithms_that_look_at_load_avoid_a_slow_server(lab):
    """Prints share and p99 of all; judged is only that the slow one gets less than half of what round robin gives it."""
    lab.program("node")
    seconds = 2
    results = slow_server.measure(lab.binary("steelyardd"), rate=300 if SLOWDOWN == 1 else 60, seconds=seconds)
    print(slow_server.table(results), flush=True)
    equal({name: row["failed"] for name, row in results.items() if row["failed"]}, {}, "failed")
    share = {name: row["slow_share"] for name, row in results.items()}
    assert 0.2 < share["round-robin"] < 0.3, share
    for name in ("least-connections", "power-of-two", "peak-ewma", "prequal"):
        assert share[name] < share["round-robin"] / 2, f"{name} gives the slow server {share[name]:.1%}"
