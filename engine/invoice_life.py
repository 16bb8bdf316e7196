"""The life of invoices: finalizing, voiding and regenerating them."""

from __future__ import annotations

from engine.running import Running


class InvoiceLife(Running):
    """Drafts become final, final ones void, and void ones are billed anew."""
