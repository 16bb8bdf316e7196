"""Usage that arrived after its invoice was finalized."""

from __future__ import annotations

from engine.opened import Opened


class LateUsage(Opened):
    """What finalized invoices would be now, and what that differs by."""
