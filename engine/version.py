"""The version of the engine: part of every run id, because a new version may compute something else."""

from __future__ import annotations

VERSION = "0.1.0"
