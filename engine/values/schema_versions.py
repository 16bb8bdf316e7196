"""The shapes in which things are kept, by number: what this program writes, what it reads, and who must go elsewhere.

A number goes up when an older duckbill would misread what a newer one writes. What is older than this program is read
as it is; what is newer is refused before anything is written.

| kept | 1 | 2 |
|---|---|---|
| tables of `lake/` | no number, an open log | `duckbill.schema_version` in the table's configuration, a sealed log |
| `manifest.json` of a run | `schema_version` in it, no seal | sealed, and lists the files of the folder |
| `lake/metric_definitions.json`, `lake/late_usage_seen.json` | no number, no seal | `schema_version` in it, sealed |
| `cache/readings` | no number | |
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import UserError

#: The key in the configuration of a table under which its schema version stands; version 1 has none.
TABLE_KEY = "duckbill.schema_version"

#: The key of the schema version in JSON files.
FILE_KEY = "schema_version"


@dataclass(frozen=True, slots=True)
class SchemaVersions:
    """What this program reads of one kind of thing, from `oldest` to `current`, which is what it writes."""

    oldest: int
    current: int

    def reads(self, version: int) -> bool:
        return self.oldest <= version <= self.current

    def check(self, version: int, where: str) -> int:
        """The version, when this program reads it; raises UserError naming `where` when it does not."""
        if self.reads(version):
            return version
        remedy = "install a newer duckbill" if version > self.current else "it was never written by any duckbill"
        raise UserError(f"{where} has schema version {version}; this duckbill reads {self}: {remedy}")

    def __str__(self) -> str:
        """What it reads, in words: `1 and 2`."""
        versions = [str(each) for each in range(self.oldest, self.current + 1)]
        return " and ".join([", ".join(versions[:-1]), versions[-1]] if len(versions) > 1 else versions)


#: `lake/events`, `lake/rejected_events` and the published outputs.
TABLES = SchemaVersions(1, 2)
#: `runs/<run id>/manifest.json`.
MANIFESTS = SchemaVersions(1, 2)
#: `lake/metric_definitions.json` and `lake/late_usage_seen.json`.
LAKE_FILES = SchemaVersions(1, 2)


def stated_version(stated: object, where: str) -> int:
    """The number of what something says of itself, 1 when it says nothing; raises UserError when it is no number."""
    if stated is None:
        return 1
    text = str(stated)
    if not (text.isascii() and text.isdecimal()) or isinstance(stated, bool):
        raise UserError(f"{where} says of itself that it has schema version {text!r}, which is no number")
    return int(text)
