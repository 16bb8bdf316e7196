"""What an analyst sees: each file in errors/ is a metric, a line of dashes, and the messages it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CatalogError
from engine.metrics.sql import parse_sql_metric
from engine.metrics.text import caret

FILES = sorted((Path(__file__).parent / "errors").glob("*.txt"))
RULE = "\n--------\n"


def messages(sql: str, *, strict: bool) -> str:
    with pytest.raises(CatalogError) as caught:
        parse_sql_metric(sql, file="metric.sql", strict=strict)
    return "\n".join(caret(sql, problem) for problem in caught.value.problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    sql, expected = path.read_text(encoding="utf-8").split(RULE)
    assert messages(sql, strict=path.stem.startswith("strict")) == expected.rstrip("\n")


def test_there_are_golden_messages() -> None:
    assert len(FILES) >= 75


def test_no_message_sends_an_author_to_a_file_of_the_source() -> None:
    for path in FILES:
        said = path.read_text(encoding="utf-8").split(RULE)[1]
        assert "engine/" not in said and ".md" not in said, path.name
