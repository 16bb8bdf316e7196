-- What every invoice charges, as FOCUS 1.2 cost and usage rows (spec/ecosystem.md §4.5).
-- One row for each line that is owed, with what a prepaid commit paid of it left out of BilledCost and kept in
-- EffectiveCost; the purchase of that commit is the other way round. Credits and discounts are rows of their own, and so
-- is what rounds an invoice to what is payable: the BilledCost of an InvoiceId add up to that.
-- Commits are no commitment discounts in FOCUS's sense, because a commit by itself lowers no price: they are in x_ columns.
-- Grain: a line item; rows of rounding and of nothing else have none.
WITH settings AS (
    SELECT * FROM focus_question
),
kept AS (
    SELECT
        billed_lines.*,
        -- Of a composite charge the quantity is money; nothing else that is not metered has a list price.
        billed_lines.type = 'usage' AND billed_lines.metric_name IS NULL AND billed_lines.list_unit_price IS NOT NULL
            AS is_share,
        billed_lines.role = 'charge'
            AND (
                billed_lines.applied_balance_type = 'PREPAID'
                OR (billed_lines.applied_balance_type = 'POSTPAID' AND billed_lines.is_in_units)
            ) AS is_paid_by_commit,
        CASE
            WHEN billed_lines.role = 'rounding' THEN 'Adjustment'
            WHEN billed_lines.role = 'applied' THEN
                CASE billed_lines.applied_balance_type WHEN 'CREDIT' THEN 'Credit' ELSE 'Adjustment' END
            WHEN billed_lines.type IN ('usage', 'correction') THEN 'Usage'
            WHEN billed_lines.discount_id IS NOT NULL THEN 'Credit'
            ELSE 'Purchase'
        END AS charge_category,
        json_transform(billed_lines.presentation_group_values, '"MAP(VARCHAR, VARCHAR)"') AS presented,
        json_transform(billed_lines.pricing_group_values, '"MAP(VARCHAR, VARCHAR)"') AS priced
    FROM billed_lines
    WHERE billed_lines.role IN ('charge', 'rounding')
        -- What a commit takes off a charge is in the charge's own row; a conversion has no such row.
        OR (
            billed_lines.role = 'applied'
            AND (billed_lines.applied_balance_type = 'CREDIT' OR billed_lines.product_id IS NULL)
        )
),
priced AS (
    SELECT
        * EXCLUDE (presented, priced),
        map_concat(presented, priced) AS tags,
        charge_category IN ('Usage', 'Purchase') AND type <> 'correction' AS has_price,
        CASE WHEN is_in_units OR NOT is_share THEN quantity ELSE exactly_18(in_whole_units(quantity, is_cents)) END
            AS pricing_quantity,
        coalesce(list_unit_price, unit_price) AS list_price,
        exact_product(quantity, unit_price) AS contracted,
        exact_product(quantity, coalesce(list_unit_price, unit_price)) AS listed
    FROM kept
),
costed AS (
    SELECT
        *,
        CASE WHEN is_paid_by_commit THEN 0::DECIMAL(38, 26) ELSE invoiced END AS billed_cost,
        CASE
            WHEN category = 'commit_purchase' THEN 0::DECIMAL(38, 26)
            WHEN role = 'applied' AND applied_balance_type <> 'CREDIT' THEN 0::DECIMAL(38, 26)
            ELSE invoiced
        END AS effective_cost,
        CASE WHEN has_price THEN in_whole_units(
            CASE WHEN is_in_units THEN exact_product(exactly_18(listed), unit_value) ELSE listed END, is_cents
        ) END AS list_cost,
        CASE WHEN has_price THEN in_whole_units(
            CASE WHEN is_in_units THEN exact_product(exactly_18(contracted), unit_value) ELSE contracted END, is_cents
        ) END AS contracted_cost,
        CASE
            WHEN NOT has_price THEN NULL
            WHEN is_in_units THEN in_whole_units(exact_product(list_price, unit_value), is_cents)
            ELSE in_whole_units(list_price, is_cents AND NOT is_share)
        END AS list_unit_cost,
        CASE
            WHEN NOT has_price THEN NULL
            WHEN is_in_units THEN in_whole_units(exact_product(unit_price, unit_value), is_cents)
            ELSE in_whole_units(unit_price, is_cents AND NOT is_share)
        END AS contracted_unit_cost,
        CASE
            WHEN NOT has_price THEN NULL
            WHEN is_share AND is_in_units THEN currency
            WHEN is_share THEN whole_currency
            ELSE coalesce(json_extract_string(product_custom_fields, '$.focus_pricing_unit'), 'Units')
        END AS unit
    FROM priced
)
SELECT
    billed_cost AS BilledCost,
    customer_id AS BillingAccountId,
    customer_name AS BillingAccountName,
    'Customer' AS BillingAccountType,
    whole_currency AS BillingCurrency,
    coalesce(invoice_ending_before, strptime(billing_period, '%Y-%m') + to_months(1)) AS BillingPeriodEnd,
    coalesce(invoice_starting_at, strptime(billing_period, '%Y-%m')) AS BillingPeriodStart,
    charge_category AS ChargeCategory,
    CASE WHEN type = 'correction' THEN 'Correction' END AS ChargeClass,
    name AS ChargeDescription,
    CASE
        WHEN charge_category = 'Usage' THEN 'Usage-Based'
        WHEN type = 'subscription' THEN 'Recurring'
        ELSE 'One-Time'
    END AS ChargeFrequency,
    coalesce(ending_before, starting_at + to_days(1)) AS ChargePeriodEnd,
    starting_at AS ChargePeriodStart,
    CASE WHEN charge_category = 'Usage' AND has_price THEN pricing_quantity END AS ConsumedQuantity,
    CASE WHEN charge_category = 'Usage' AND has_price THEN unit END AS ConsumedUnit,
    CASE WHEN has_price THEN contracted_cost ELSE billed_cost END AS ContractedCost,
    contracted_unit_cost AS ContractedUnitPrice,
    effective_cost AS EffectiveCost,
    invoice_id AS InvoiceId,
    settings.issuer AS InvoiceIssuerName,
    CASE WHEN has_price THEN list_cost ELSE billed_cost END AS ListCost,
    list_unit_cost AS ListUnitPrice,
    CASE WHEN has_price THEN 'Standard' END AS PricingCategory,
    CASE WHEN is_in_units THEN currency ELSE whole_currency END AS PricingCurrency,
    CASE WHEN has_price AND is_in_units THEN in_whole_units(unit_price, false) ELSE contracted_unit_cost END
        AS PricingCurrencyContractedUnitPrice,
    CASE WHEN is_in_units THEN total ELSE effective_cost END AS PricingCurrencyEffectiveCost,
    CASE WHEN has_price AND is_in_units THEN in_whole_units(list_price, false) ELSE list_unit_cost END
        AS PricingCurrencyListUnitPrice,
    CASE WHEN has_price THEN pricing_quantity END AS PricingQuantity,
    unit AS PricingUnit,
    settings.issuer AS ProviderName,
    settings.issuer AS PublisherName,
    coalesce(json_extract_string(product_custom_fields, '$.focus_service_category'), 'Other') AS ServiceCategory,
    coalesce(product_name, name) AS ServiceName,
    product_id AS SkuId,
    CASE WHEN charge_category = 'Usage' THEN metric_name END AS SkuMeter,
    CASE WHEN has_price THEN
        coalesce(rate_id, product_id)
            || coalesce(':' || tier_level, '')
            || coalesce('.' || override_tier_level, '')
    END AS SkuPriceId,
    tags[settings.sub_account_key] AS SubAccountId,
    tags[settings.sub_account_key] AS SubAccountName,
    CASE WHEN tags[settings.sub_account_key] IS NOT NULL THEN settings.sub_account_key END AS SubAccountType,
    to_json(tags)::VARCHAR AS Tags,
    billing_period AS x_BillingMonth,
    category AS x_Category,
    commit_id AS x_CommitId,
    commit_segment_id AS x_CommitSegmentId,
    CASE WHEN category = 'commit_purchase' THEN 'PREPAID' WHEN category = 'true_up' THEN 'POSTPAID'
        ELSE applied_balance_type
    END AS x_CommitType,
    contract_id AS x_ContractId,
    status AS x_InvoiceStatus,
    invoice_type AS x_InvoiceType,
    id AS x_LineItemId,
    type AS x_LineItemType,
    override_id AS x_OverrideId,
    published_by AS x_RunId
FROM costed
CROSS JOIN settings
ORDER BY billing_period, customer_name, customer_id, coalesce(invoice_starting_at, issued_at), invoice_id, row_no, place
