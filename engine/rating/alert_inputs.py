"""Alerts as a table for rating: what is watched, of whom, and what it must come to (spec/rating.md §13)."""

from __future__ import annotations

import pyarrow as pa

from engine.catalog.alert import Alert, AlertType
from engine.catalog.catalog import Catalog
from engine.rating.arrow_tables import arrow_table
from engine.values.numbers import MAX_DIGITS

#: Decimal places of thresholds.
PLACES = 18

_WATCHED = {AlertType.SPEND_THRESHOLD_REACHED: "SPEND", AlertType.INVOICE_TOTAL_REACHED: "INVOICE"}


def alert_inputs(catalog: Catalog) -> dict[str, pa.Table]:
    """The table `alert_rules` (grain: alert_no).

    Columns: alert_no, alert_id, alert_name, alert_type in lower case as Metronome spells it, watched (SPEND, INVOICE or
    BALANCE), of_commits and of_credits (of BALANCE), is_percentage, threshold, customer_id (NULL: every customer),
    credit_type_id (NULL: the currency of the customer's contracts). A percentage has at
    most 8 decimal places.
    """
    alerts = catalog.alerts
    return {
        "alert_rules": arrow_table(
            alert_no=(pa.int32(), range(len(alerts))),
            alert_id=(pa.string(), [each.id for each in alerts]),
            alert_name=(pa.string(), [each.name for each in alerts]),
            alert_type=(pa.string(), [each.alert_type.value.lower() for each in alerts]),
            watched=(pa.string(), [_watched(each) for each in alerts]),
            of_commits=(pa.bool_(), [each.alert_type.of_commits for each in alerts]),
            of_credits=(pa.bool_(), [each.alert_type.of_credits for each in alerts]),
            is_percentage=(pa.bool_(), [each.alert_type.is_percentage for each in alerts]),
            threshold=(pa.decimal128(MAX_DIGITS, PLACES), [each.threshold for each in alerts]),
            customer_id=(pa.string(), [each.customer_id for each in alerts]),
            credit_type_id=(pa.string(), [each.credit_type_id for each in alerts]),
        )
    }


def _watched(alert: Alert) -> str:
    return _WATCHED.get(alert.alert_type, "BALANCE")
