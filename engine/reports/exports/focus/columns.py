"""The columns of a FOCUS 1.2 dataset that an export fills, with their types, and those of its invoices."""

from __future__ import annotations

import pyarrow as pa

_TEXT = pa.string()
_COST = pa.decimal128(38, 26)
_PRICE = pa.decimal128(38, 26)
_QUANTITY = pa.decimal128(38, 18)
_INSTANT = pa.timestamp("us", tz="UTC")

#: FOCUS's own columns by name, then those of duckbill, which begin with `x_`.
FOCUS = pa.schema(
    {
        "BilledCost": _COST,
        "BillingAccountId": _TEXT,
        "BillingAccountName": _TEXT,
        "BillingAccountType": _TEXT,
        "BillingCurrency": _TEXT,
        "BillingPeriodEnd": _INSTANT,
        "BillingPeriodStart": _INSTANT,
        "ChargeCategory": _TEXT,
        "ChargeClass": _TEXT,
        "ChargeDescription": _TEXT,
        "ChargeFrequency": _TEXT,
        "ChargePeriodEnd": _INSTANT,
        "ChargePeriodStart": _INSTANT,
        "ConsumedQuantity": _QUANTITY,
        "ConsumedUnit": _TEXT,
        "ContractedCost": _COST,
        "ContractedUnitPrice": _PRICE,
        "EffectiveCost": _COST,
        "InvoiceId": _TEXT,
        "InvoiceIssuerName": _TEXT,
        "ListCost": _COST,
        "ListUnitPrice": _PRICE,
        "PricingCategory": _TEXT,
        "PricingCurrency": _TEXT,
        "PricingCurrencyContractedUnitPrice": _PRICE,
        "PricingCurrencyEffectiveCost": _COST,
        "PricingCurrencyListUnitPrice": _PRICE,
        "PricingQuantity": _QUANTITY,
        "PricingUnit": _TEXT,
        "ProviderName": _TEXT,
        "PublisherName": _TEXT,
        "ServiceCategory": _TEXT,
        "ServiceName": _TEXT,
        "SkuId": _TEXT,
        "SkuMeter": _TEXT,
        "SkuPriceId": _TEXT,
        "SubAccountId": _TEXT,
        "SubAccountName": _TEXT,
        "SubAccountType": _TEXT,
        "Tags": _TEXT,
        "x_BillingMonth": _TEXT,
        "x_Category": _TEXT,
        "x_CommitId": _TEXT,
        "x_CommitSegmentId": _TEXT,
        "x_CommitType": _TEXT,
        "x_ContractId": _TEXT,
        "x_InvoiceStatus": _TEXT,
        "x_InvoiceType": _TEXT,
        "x_LineItemId": _TEXT,
        "x_LineItemType": _TEXT,
        "x_OverrideId": _TEXT,
        "x_RunId": _TEXT,
    }
)

#: What the rows of each invoice must add up to.
FOCUS_INVOICES = pa.schema(
    {
        "InvoiceId": _TEXT,
        "BillingAccountId": _TEXT,
        "BillingCurrency": _TEXT,
        "PayableAmount": _COST,
        "x_InvoiceStatus": _TEXT,
        "x_BillingMonth": _TEXT,
    }
)
