"""The same inputs give byte-identical outputs: a part of the grid of `determinism.py`."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from tests.faults.determinism import Measured, determinism, differing
from tests.faults.grid import MEMORY, ORDERS, THREADS, ZONES, Combination, covering, whole_grid

pytestmark = pytest.mark.long

_TWO_SEEDS = ("0", "1")


def test_any_two_values_meet_in_the_part_that_is_tried() -> None:
    grid = whole_grid(_TWO_SEEDS)
    assert len(grid) == 2 * 4 * 3 * 2 * 3
    some = covering(grid, 1)
    for first, second in combinations(Combination.__slots__, 2):
        met = {(getattr(each, first), getattr(each, second)) for each in some}
        assert met == {(getattr(each, first), getattr(each, second)) for each in grid}
    assert len(some) < 20


def test_another_hash_a_missing_file_and_one_too_many_are_noticed() -> None:
    combination = whole_grid()[0]
    one = Measured(combination, {"a": "1", "b": "2"}, "UTC", 1, 1, "")
    assert differing([one, one]) == ()
    for files in ({"a": "1", "b": "3"}, {"a": "1"}, {"a": "1", "b": "2", "c": "3"}):
        assert len(differing([one, one, replace(one, files=files)])) == 1


def test_outputs_are_the_same_bytes_in_a_part_of_the_grid(tmp_path: Path) -> None:
    some = covering(whole_grid(_TWO_SEEDS, ORDERS[::2]), 1)
    found = determinism(tmp_path, some)
    print(found)
    assert not found.differing
    assert found.combinations == len(some) >= len(THREADS) * len(ZONES)
    assert (found.zones, found.hash_seeds, found.orders_of_files) == (len(ZONES), len(_TWO_SEEDS), 2)
    assert {each.memory for each in some} == set(MEMORY)
    assert found.files > 60 * len(some)


@pytest.mark.slow
def test_reports_are_the_same_bytes_under_other_settings(tmp_path: Path) -> None:
    one = Combination("0", "UTC", 1, "200MiB", "committed")
    other = Combination("1", "Pacific/Apia", 8, "4GiB", "shuffled")
    found = determinism(tmp_path, [one, other], is_reported=True, landed=30_000)
    print(found)
    assert not found.differing
    assert found.files > 2 * 130
