"""What must not change a bill: the number of threads, the time zone of the process, and every optimisation."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generated.billed import Settings, check, land, opened, run
from tests.generated.compare import expected
from tests.generated.scenarios import scenario

SEEDS = range(3000, 3000 + int(os.environ.get("DUCKBILL_SURROUNDINGS", "1")))
#: Far ahead of UTC, far behind it, half an hour off, and with a summer time that begins inside a billed month.
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "Europe/Berlin")
OPTIMISATIONS = ("parts", "batches", "plain_casts", "first_seen")


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The process in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def same_as_the_oracle(seed: int, folder: Path, settings: Settings) -> None:
    made = scenario(seed, folder / "workspace")
    wanted = expected(made)
    workspace = opened(made, settings)
    land(made, wanted, workspace)
    check(made, wanted, run(made, workspace))


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_threads(seed: int, threads: int, tmp_path: Path) -> None:
    """Two are those of the time zones, and the machine's own those of the optimisations: no run is for them alone."""
    same_as_the_oracle(seed, tmp_path, {"engine": {"threads": threads}})


@pytest.mark.parametrize("zone", ZONES, indirect=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_time_zones(seed: int, zone: str, tmp_path: Path) -> None:
    assert os.environ["TZ"] == zone
    assert time.tzname != ("UTC", "UTC")
    same_as_the_oracle(seed, tmp_path, {"engine": {"threads": 2}})


@pytest.mark.parametrize("off", [*((name,) for name in OPTIMISATIONS), OPTIMISATIONS], ids="+".join)
@pytest.mark.parametrize("seed", SEEDS)
def test_without_optimisations(seed: int, off: tuple[str, ...], tmp_path: Path) -> None:
    same_as_the_oracle(seed, tmp_path, {"optimisations": dict.fromkeys(off, False)})
