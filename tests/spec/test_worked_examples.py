"""Every worked example of rating.md §15 is proved by a test, and README.md says by which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.spec.tables import read_table

HERE = Path(__file__).parent

#: The examples of §15, by number.
WORKED = (*(f"T-{number:02d}" for number in range(1, 35)), "T-08b", "T-08c", "T-08d", "T-16b", "T-18b")


def proofs() -> dict[str, list[str]]:
    """The test files by example, as README.md has them."""
    table = (HERE / "README.md").read_text(encoding="utf-8").split("| example | proved by |")[1]
    rows = read_table("| example | proved by |" + table)
    return {row["example"]: re.findall(r"`([^`]+\.py)`", row["proved by"]) for row in rows}


def sources(path: Path) -> list[str]:
    """The texts of a test file that name a place of the specification."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if text.startswith("rating.md §")]


def test_readme_lists_every_example_once() -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| (T-\w+) \|", text, re.MULTILINE)) == sorted(WORKED)


@pytest.mark.parametrize("number", WORKED)
def test_the_tests_that_prove_it_name_it(number: str) -> None:
    files = proofs()[number]
    assert files
    for file in files:
        # T-05a is a part of T-05; T-08b is an example of its own.
        part = "" if f"{number}b" in WORKED or number[-1].isalpha() else "[a-d]?"
        assert any(re.search(rf"{number}{part}(?!\w)", source) for source in sources(HERE / file)), file
