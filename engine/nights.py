"""The unattended night, and computing a past run again."""

from __future__ import annotations

from engine.invoice_life import InvoiceLife
from engine.late_usage import LateUsage
from engine.reconciling import Reconciling


class Nights(InvoiceLife, LateUsage, Reconciling):
    """Everything that is due, one billing period after another."""
