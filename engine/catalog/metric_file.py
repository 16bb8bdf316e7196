"""One SQL metric a file: a header block of YAML in a comment, then one SELECT that any SQL editor can run.

/* @metric
name: active_users
@metric */
SELECT count(DISTINCT properties.user_id) AS value FROM events
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.catalog.fields import Path
from engine.catalog.strict_yaml import YamlDocument, read_yaml
from engine.errors import CatalogError, Problem, did_you_mean

#: What a header may say; anything else belongs to the SQL or to a product.
HEADER_KEYS = ("name", "id", "display_name", "description", "group_keys", "unit", "custom_fields")

_BLOCK = re.compile(r"\s*/\*\s*@metric\b(?P<yaml>.*?)@metric\s*\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MetricFile:
    """The one SQL metric of a file; its `sql` is the whole text, so that positions in it are the file's."""

    file: str
    header: YamlDocument
    content: dict[str, list[object]]

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if path[2:3] in ((), ("sql",)):
            return 1, 1
        return self.header.locate(path[2:], key=key)


def read_metric_file(file: str, text: str) -> MetricFile:
    """A SQL metric from its file. Raises CatalogError when the header block is missing or not right."""
    block = _BLOCK.match(text)
    if block is None:
        remedy = "start with /* @metric, then name: ..., then @metric */"
        raise CatalogError([Problem(file, 1, 1, "no @metric header block at the start", remedy)])
    first_line = text.count("\n", 0, block.start("yaml")) + 1
    header = read_yaml(file, block["yaml"], first_line=first_line)
    if not isinstance(header.content, dict):
        raise CatalogError([Problem(file, first_line, 1, "the @metric header is not a mapping", "add name: ...")])
    problems = [
        Problem(
            file,
            *header.locate((key,), key=True),
            f"unknown key {key!r} in @metric",
            did_you_mean(key, HEADER_KEYS),
        )
        for key in header.content
        if key not in HEADER_KEYS
    ]
    if problems:
        raise CatalogError(problems)
    return MetricFile(file, header, {"billable_metrics": [header.content | {"sql": text}]})
