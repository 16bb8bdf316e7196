"""Every rule of FOCUS finds what breaks it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from engine.reports.exports.focus.rules import FOCUS_FILE, INVOICES_FILE, check, rules

_FIRST = "CASE WHEN row_number() OVER (PARTITION BY {over}) = 1 THEN {value} ELSE {column} END AS {column}"


def of_first(column: str, value: str, over: str = "ChargeCategory") -> str:
    """A SELECT that changes a column in the first row of each category."""
    return f"SELECT * REPLACE ({_FIRST.format(column=column, value=value, over=over)}) FROM rows"


#: What breaks each rule, as a SELECT over the rows that were written; `+` stands for further ways.
BROKEN = {
    "always_given": of_first("ServiceName", "NULL"),
    "always_given+cost": "SELECT * REPLACE (NULL::DECIMAL(38, 26) AS EffectiveCost) FROM rows",
    "billed_per_invoice": of_first("BilledCost", "BilledCost + 0.00000000000000000000000001"),
    "billed_per_invoice+rows": "FROM rows WHERE ChargeCategory <> 'Adjustment'",
    "billing_currency": "SELECT * REPLACE ('USD (cents)' AS BillingCurrency) FROM rows",
    "billing_period": "SELECT * REPLACE (BillingPeriodStart AS BillingPeriodEnd) FROM rows",
    "charge_category": of_first("ChargeCategory", "'Discount'", "BillingCurrency"),
    "charge_class": "SELECT * REPLACE (NULL::VARCHAR AS ChargeClass) FROM rows",
    "charge_class+word": of_first("ChargeClass", "'Corrected'"),
    "charge_frequency": "SELECT * REPLACE ('Monthly' AS ChargeFrequency) FROM rows",
    "charge_frequency+purchase": "SELECT * REPLACE ('Usage-Based' AS ChargeFrequency) FROM rows",
    "charge_period": "SELECT * REPLACE (ChargePeriodStart AS ChargePeriodEnd) FROM rows",
    "column_types": "SELECT * REPLACE (BilledCost::DOUBLE AS BilledCost) FROM rows",
    "column_types+zone": "SELECT * REPLACE (BillingPeriodEnd::TIMESTAMP AS BillingPeriodEnd) FROM rows",
    "consumed_quantity": "SELECT * REPLACE (PricingQuantity AS ConsumedQuantity) FROM rows",
    "consumed_quantity+none": of_first("ConsumedQuantity", "NULL"),
    "contracted_cost": of_first("ContractedUnitPrice", "ContractedUnitPrice + 0.00000000000000000000000001"),
    "contracted_cost+unpriced": "SELECT * REPLACE (1::DECIMAL(38, 26) AS ContractedCost) FROM rows WHERE SkuId IS NULL",
    "custom_columns": "SELECT *, 1 AS Extra FROM rows",
    "custom_columns+order": "SELECT x_RunId, * EXCLUDE (x_RunId) FROM rows",
    "effective_cost": "SELECT * REPLACE (BilledCost AS EffectiveCost) FROM rows",
    "effective_cost+credit": "SELECT * REPLACE (0::DECIMAL(38, 26) AS EffectiveCost) FROM rows",
    "invoice_account": of_first("BillingAccountId", "'somebody'", "InvoiceId"),
    "list_cost": of_first("ListCost", "ListCost + 0.00000000000000000000000001"),
    "mandatory_columns": "SELECT * EXCLUDE (ChargeClass) FROM rows",
    "pricing_category": "SELECT * REPLACE ('On demand' AS PricingCategory) FROM rows",
    "pricing_category+none": of_first("PricingCategory", "NULL"),
    "pricing_currency": "SELECT * REPLACE (BillingCurrency AS PricingCurrency) FROM rows",
    "pricing_quantity": of_first("PricingQuantity", "NULL"),
    "pricing_quantity+unit": of_first("PricingUnit", "NULL"),
    "service_category": "SELECT * REPLACE ('Cloud' AS ServiceCategory) FROM rows",
    "sku": of_first("SkuId", "NULL"),
    "sku+price": of_first("SkuPriceId", "NULL"),
    "sku_price": "SELECT * REPLACE ('the same' AS SkuPriceId) FROM rows",
    "sub_account": "SELECT * REPLACE ('eu' AS SubAccountId) FROM rows",
    "tags": of_first("Tags", "'region=eu'"),
    "tags+nested": of_first("Tags", """'{"region": {"eu": 1}}'"""),
    "unit_prices": of_first("ListUnitPrice", "NULL"),
    "unit_prices+negative": of_first("ContractedUnitPrice", "-1"),
}


def damage(path: Path, select: str) -> None:
    """Puts what a SELECT makes of a file's `rows` in its place."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.read_parquet(str(path)).create("rows")
        changed = connection.sql(select).to_arrow_table()
    assert changed != pq.read_table(path), "the damage changes nothing"
    pq.write_table(changed, path)


def test_there_is_damage_for_every_rule() -> None:
    assert {name.partition("+")[0] for name in BROKEN} == {rule.name for rule in rules()}
    assert all(rule.requirement.endswith(".") and "must" in rule.requirement for rule in rules())


@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_finds_what_breaks_it(name: str, focus_folder: Path, tmp_path: Path) -> None:
    (rule,) = (each for each in rules() if each.name == name.partition("+")[0])
    copy = shutil.copytree(focus_folder, tmp_path / "focus")
    damage(copy / FOCUS_FILE, BROKEN[name])
    (found,) = check(copy, (rule,))
    assert found.violations > 0


def test_an_invoice_without_rows_is_missed(focus_folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(focus_folder, tmp_path / "focus")
    damage(copy / INVOICES_FILE, "SELECT * REPLACE (PayableAmount + 1 AS PayableAmount) FROM rows LIMIT 1")
    broken = {each.rule.name: each.violations for each in check(copy) if each.violations}
    # Those whose invoice is gone and have rows that come to something, and the one that is left.
    assert broken.keys() == {"billed_per_invoice"} and broken["billed_per_invoice"] > 1
