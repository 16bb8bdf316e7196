"""Reconciling what landed, what was metered and what was invoiced."""

from __future__ import annotations

from engine.opened import Opened


class Reconciling(Opened):
    """The controls that finance signs."""
