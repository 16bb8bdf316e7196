"""Explaining line items."""

from __future__ import annotations

from engine.opened import Opened


class Explaining(Opened):
    """How a line came to its amount, and the events behind it."""
