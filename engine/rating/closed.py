"""What a run must know of the invoices of its billing period that are finalized or void: it leaves them as they are."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Closed:
    """The finalized and void invoices of the billing period that a run bills, as they were published.

    `invoices` and `line_items` have the columns of those outputs. `draws` is what they took of balances: segment_id,
    invoice_id, invoice_contract_id, deducted_at, amount (taken, above zero), line_item_ids, is_void; grain segment_id,
    invoice_id. What void ones took is given back. `threshold_commits` and `metered_usage` have the columns of those
    outputs, of statements that are closed. `slots` says under which id an invoice is issued whose first one was voided,
    and which are not to be billed: base_id, invoice_id, regenerated_from_invoice_id, is_closed; grain base_id.
    `later_draws` is what finalized invoices of later periods took: segment_id, amount; grain segment_id.
    """

    invoices: pa.Table
    line_items: pa.Table
    draws: pa.Table
    threshold_commits: pa.Table
    metered_usage: pa.Table
    slots: pa.Table
    later_draws: pa.Table
