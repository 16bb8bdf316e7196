"""The request bodies printed in the vendor's guides load unchanged, as YAML and as JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.metric import Aggregation
from engine.catalog.product import ConversionOperation, ProductType
from engine.catalog.rate_card import RateType
from tests.catalog.written import loaded, said

SDK_GUIDE = """
{"billable_metrics": [
   {"name": "langModel4",
    "event_type_filter": {"in_values": ["language_model"]},
    "property_filters": [
      {"name": "model", "exists": true, "in_values": ["langModel4"]},
      {"name": "user_id", "exists": true},
      {"name": "tokens", "exists": true}],
    "aggregation_key": "tokens", "aggregation_type": "SUM", "group_keys": [["user_id"]]}],
 "products": [
   {"name": "Language Model 4 Tokens (millions)", "type": "USAGE", "billable_metric_id": "langModel4",
    "presentation_group_key": ["user_id"],
    "quantity_conversion": {"conversion_factor": 1000000, "operation": "divide"}}],
 "rate_cards": [
   {"name": "Language Model List Pricing", "description": "Prices for all language models."}],
 "rates": [
   {"rate_card_id": "Language Model List Pricing", "product_id": "Language Model 4 Tokens (millions)",
    "entitled": true, "rate_type": "FLAT", "price": 50, "starting_at": "2024-01-01T00:00:00.000Z"}],
 "customers": [{"name": "Example Customer", "ingest_aliases": ["team@example.com"]}],
 "contracts": [
   {"customer_id": "Example Customer", "rate_card_id": "Language Model List Pricing",
    "starting_at": "2024-08-01T00:00:00.000Z"}]}
"""

API_QUICKSTART = """
{"billable_metrics": [
   {"name": "API Calls", "aggregation_type": "count", "event_type_filter": {"in_values": ["api_call"]}},
   {"name": "Input Tokens", "aggregation_type": "sum", "aggregation_key": "input_tokens",
    "event_type_filter": {"in_values": ["llm_request"]},
    "property_filters": [
      { "name": "model", "exists": true },
      { "name": "input_tokens", "exists": true },
      { "name": "user_id", "exists": true }],
    "group_keys": [["model"], ["user_id"]]}],
 "products": [
   {"name": "Input Tokens", "type": "usage", "billable_metric_id": "Input Tokens",
    "pricing_group_key": ["model"], "presentation_group_key": ["user_id"]}],
 "rate_cards": [{"name": "Standard Pricing"}],
 "rates": [
   {"rate_card_id": "Standard Pricing", "product_id": "Input Tokens",
    "starting_at": "2026-03-01T00:00:00Z", "rate_type": "flat", "price": 1.50, "entitled": true,
    "pricing_group_values": {"model": "gpt-5"}}],
 "customers": [{"name": "Test Customer", "ingest_aliases": ["my-internal-customer-id"]}],
 "contracts": [
   {"customer_id": "Test Customer", "rate_card_id": "Standard Pricing",
    "starting_at": "2026-03-01T00:00:00Z", "usage_statement_schedule": {"frequency": "MONTHLY"},
    "billing_provider_configuration":
      {"billing_provider": "stripe", "delivery_method": "direct_to_billing_provider"}}]}
"""

ADD_RATES = """
{"billable_metrics": [
   {"name": "storage", "aggregation_type": "COUNT",
    "property_filters": [{"name": "region", "exists": true}, {"name": "cloud", "exists": true}],
    "group_keys": [["region", "cloud"]]}],
 "products": [
   {"id": "13117714-3f05-48e5-a6e9-a66093f13b4d", "name": "Storage", "type": "USAGE",
    "billable_metric": "storage", "pricing_group_key": ["region", "cloud"]}],
 "rate_cards": [{"id": "d7abd0cd-4ae9-4db7-8676-e986a4ebd8dc", "name": "List"}],
 "rates": [
{
  "rate_card_id": "d7abd0cd-4ae9-4db7-8676-e986a4ebd8dc",
  "rates": [
    {
      "product_id": "13117714-3f05-48e5-a6e9-a66093f13b4d",
      "starting_at": "2020-01-01T00:00:00.000Z",
      "entitled": true,
      "rate_type": "FLAT",
      "price": 100,
      "pricing_group_values": {
        "region": "us-west-2",
        "cloud": "aws"
      }
    },
    {
      "product_id": "13117714-3f05-48e5-a6e9-a66093f13b4d",
      "starting_at": "2020-01-01T00:00:00.000Z",
      "entitled": true,
      "rate_type": "FLAT",
      "price": 120,
      "pricing_group_values": {
        "region": "us-east-2",
        "cloud": "aws"
      }
    }
  ]
}
 ]}
"""

PROVISION = """
{"customers": [
   {"id": "13117714-3f05-48e5-a6e9-a66093f13b4d",
    "ingest_aliases": ["team@widgetsexpress.com"],
    "name": "WidgetsExpress",
    "custom_fields": {"sfdc_account_id": "sfdc1001"}}],
 "rate_cards": [{"id": "d7abd0cd-4ae9-4db7-8676-e986a4ebd8dc", "name": "Base"}],
 "contracts": [
   {"customer_id": "13117714-3f05-48e5-a6e9-a66093f13b4d",
    "rate_card_id": "d7abd0cd-4ae9-4db7-8676-e986a4ebd8dc",
    "starting_at": "2024-10-01T00:00:00.000Z",
    "usage_filter": {"group_key": "region", "group_values": ["US"]}}]}
"""


@pytest.mark.parametrize("name", ["catalog/c.json", "catalog/c.yml"])
def test_sdk_guide(tmp_path: Path, name: str) -> None:
    catalog = loaded(tmp_path, {name: SDK_GUIDE})
    (product,), (rate,), (contract,) = catalog.products, catalog.rates, catalog.contracts
    assert catalog.metric(product.billable_metric_id or "").aggregation_type is Aggregation.SUM
    assert product.quantity_conversion is not None
    assert product.quantity_conversion.operation is ConversionOperation.DIVIDE
    assert (rate.price, rate.rate_type, rate.starting_at) == (Decimal(50), RateType.FLAT, datetime(2024, 1, 1))
    assert catalog.customer(contract.customer_id).ingest_aliases == ("team@example.com",)
    assert catalog.rate_card(contract.rate_card_id).fiat_credit_type_id == "2714e483-4ff1-48e4-9e25-ac732e8f24f2"


@pytest.mark.parametrize("name", ["catalog/c.json", "catalog/c.yml"])
def test_api_quickstart_with_its_group_keys_in_one(tmp_path: Path, name: str) -> None:
    catalog = loaded(tmp_path, {name: API_QUICKSTART.replace('[["model"], ["user_id"]]', '[["model", "user_id"]]')})
    assert [metric.aggregation_type for metric in catalog.billable_metrics] == ["COUNT", "SUM"]
    assert catalog.products[0].type is ProductType.USAGE
    assert catalog.rates[0].price == Decimal("1.50")
    assert catalog.rates[0].pricing_group_values == (("model", "gpt-5"),)


@pytest.mark.parametrize("name", ["catalog/c.json", "catalog/c.yml"])
def test_api_quickstart_as_printed_breaks_the_rule_of_one_compound_key(tmp_path: Path, name: str) -> None:
    assert said(tmp_path, {name: API_QUICKSTART}) == [
        f"{name}:13:26: no group key of metric 'Input Tokens' holds model, user_id together; "
        "give the metric group_keys: [[model, user_id]]"
    ]


@pytest.mark.parametrize("name", ["catalog/c.json", "catalog/c.yml"])
def test_add_rates_body(tmp_path: Path, name: str) -> None:
    rates = loaded(tmp_path, {name: ADD_RATES}).rates
    assert [rate.price for rate in rates] == [100, 120]
    assert rates[0].pricing_group_values == (("cloud", "aws"), ("region", "us-west-2"))


@pytest.mark.parametrize("name", ["catalog/c.json", "catalog/c.yml"])
def test_contract_with_a_usage_filter(tmp_path: Path, name: str) -> None:
    (contract,) = loaded(tmp_path, {name: PROVISION}).contracts
    (usage_filter,) = contract.usage_filter
    assert (usage_filter.group_key, usage_filter.group_values, usage_filter.starting_at) == ("region", ("US",), None)
