"""One attacker at work: everybody else is answered as if there were none."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.serving import post, running
from tests.waiting import PATIENCE_SECONDS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="memory is read from /proc"),
]

SECONDS, FEWEST = 8.0, 10
"""How long it is looked at, and how many searches at least."""
PATIENCE = str(PATIENCE_SECONDS)
MEDIAN_SECONDS = 0.2
MOST_MIB = 1024
ATTACKER = str(Path(__file__).with_name("attacker.py"))


def asked(url: str) -> float:
    """Seconds of a search on a connection of its own, as a person's program would ask."""
    began = time.monotonic()
    answer = post(f"{url}v1/search", {"text": "a red dog"})
    assert answer.status_code == 200, answer.text
    return time.monotonic() - began


def median_seconds(url: str) -> float:
    return statistics.median(asked(url) for _ in range(10))


def test_with_an_attacker_others_are_answered_and_memory_is_bounded(
    place: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    said = tmp_path / "stderr"
    with said.open("w") as stderr, running(place, stderr=stderr) as (url, process):
        before = median_seconds(url)
        address = urlsplit(url)
        attacker = subprocess.Popen(
            [sys.executable, ATTACKER, str(address.hostname), str(address.port), PATIENCE],
            stdout=subprocess.PIPE,
        )
        try:
            assert attacker.stdout is not None and attacker.stdout.readline() == b"ready\n"
            took: list[float] = []
            until = time.monotonic() + SECONDS
            while attacker.poll() is None and (len(took) < FEWEST or time.monotonic() < until):
                took.append(asked(url))
                time.sleep(0.05)
        finally:
            attacker.kill()
            attacker.communicate()
        calm = max(before, median_seconds(url))
        highest = peak_mib(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    median = statistics.median(took)
    record_property("median_ms", round(1000 * median))
    record_property("calm_ms", round(1000 * calm))
    record_property("peak_mib", round(highest))
    assert len(took) >= FEWEST
    # On a machine that others use, the same search takes long without any attacker.
    assert median < max(MEDIAN_SECONDS, 5 * calm), (took, calm)
    assert highest < MOST_MIB
    log = said.read_text()
    assert "Traceback" not in log
    assert len(log.splitlines()) < 10, log


def peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [each for each in lines if each.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
