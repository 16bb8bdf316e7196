"""The version of the engine: part of every run id, because a new version may compute something else."""

from __future__ import annotations

VERSION = "0.1.0"

#: The shape of manifest.json and of the JSON summaries; it changes when a key changes its meaning.
SCHEMA_VERSION = 1
