-- What each category of revenue came to, by product, month and status of the invoice; everything owed is in it once.
-- Prepaid commits that expired are never invoiced: they come from the ledger. As long as a draft of the month can still
-- draw on them, they stand under DRAFT like it (spec/rating.md §14.4).
-- Grain: all but amount and invoiced.
WITH expired AS (
    SELECT
        ledger.billing_period,
        strftime(ledger."timestamp" - to_microseconds(1), '%Y-%m') AS service_month,
        balances.balance_name,
        coalesce(whole_names.name, ledger.currency) AS whole_currency,
        CASE WHEN EXISTS (
            SELECT 1
            FROM published_invoices AS invoices
            WHERE invoices.billing_period = ledger.billing_period
                AND invoices.status = 'DRAFT'
                AND invoices.customer_id = ledger.customer_id
                AND coalesce(invoices.contract_id = ledger.contract_id, true)
        ) THEN 'DRAFT' ELSE 'FINALIZED' END AS status,
        in_whole_units(-ledger.amount, coalesce(whole_names.is_cents, false)) AS amount
    FROM published_ledger AS ledger
    JOIN published_segment_balances AS balances
        ON balances.billing_period = ledger.billing_period AND balances.segment_id = ledger.segment_id
    LEFT JOIN whole_names ON whole_names.currency = ledger.currency
    WHERE ledger.type = 'PREPAID_COMMIT_EXPIRATION' AND balances.access_type = 'SPEND'
)
SELECT
    billing_period AS month,
    service_month,
    product_id,
    coalesce(product_name, name) AS product_name,
    category,
    whole_currency AS currency,
    status,
    sum(amount)::DECIMAL(38, 26) AS amount,
    sum(invoiced)::DECIMAL(38, 26) AS invoiced
FROM billed_lines
GROUP BY ALL
UNION ALL BY NAME
SELECT
    billing_period AS month,
    service_month,
    balance_name AS product_name,
    'prepaid_expiration' AS category,
    whole_currency AS currency,
    status,
    sum(amount)::DECIMAL(38, 26) AS amount,
    0::DECIMAL(38, 26) AS invoiced
FROM expired
GROUP BY ALL
