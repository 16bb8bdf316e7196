"""Every worked example of rating.md §15 and metering.md §8 and §16 is proved by a test; README.md says by which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent

#: The examples of rating.md §15, by number.
RATING = tuple(
    f"T-{number:02d}{part}"
    for number in range(1, 35)
    for part in {5: "abcd", 8: ("", "b", "c", "d"), 16: ("", "b"), 18: ("", "b")}.get(number, ("",))
)

#: The examples of metering.md §8 as README.md calls them, and the vectors of §16 by the names that they have there.
METERING = (
    *("§8.1 average", "§8.1 hourly price", "§8.1 period price", "§8.1 hourly credit", "§8.1 period credit"),
    *("§8.1 hourly breakdown", "§8.1 period breakdown", "§8.2 swap", "§8.3 increments", "§8.3 commit from day 2"),
    *("§8.3 rising price", "§8.3 falling level", "§8.3 no look-ahead", "§8.3 partial credit"),
    *("§8.3 breakdown", "§8.3 usage"),
    *("§16 latest-increments", "§16 latest-usage-api", "§16 latest-rate-up", "§16 latest-rate-drop"),
    *("§16 latest-credit-lookahead", "§16 latest-partial-credit", "§16 sql-sum-hour", "§16 sql-sum-period"),
    *("§16 sql-avg-hour", "§16 sql-swap", "§16 sum-correction", "§16 preview-merge", "§16 sql-unused-column"),
    "§16 streaming-unused-key",
)

WORKED = (*RATING, *METERING)


def proofs() -> list[tuple[str, list[str]]]:
    """The examples that README.md lists, each with its test files."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:T-|§)[^|]+) \|(?:.*\|)? ([^|]+) \|$", text, re.MULTILINE)
    return [(example, re.findall(r"`([^`]+\.py)`", files)) for example, files in rows]


def sources(path: Path) -> list[str]:
    """The texts of a test file that name a place of the specification."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if text.startswith(("rating.md §", "metering.md §"))]


def test_readme_lists_every_example_once() -> None:
    assert sorted(example for example, _ in proofs()) == sorted(WORKED)


@pytest.mark.parametrize("example", WORKED, ids=lambda example: str(example).replace("§", ""))
def test_the_tests_that_prove_it_name_it(example: str) -> None:
    files = dict(proofs())[example]
    assert files
    for file in files:
        # T-08b is another example than T-08.
        assert any(re.search(rf"{re.escape(example)}(?![\w-])", source) for source in sources(HERE / file)), file
