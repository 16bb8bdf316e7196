"""`python -m engine` is `duckbill`."""

from __future__ import annotations

from engine.cli import console

console()
