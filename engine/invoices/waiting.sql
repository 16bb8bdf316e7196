-- Which of the invoices that would become final have to wait for one that would not?
-- `earlier_draft`: a usage invoice while one of the same contract that ends before is still a draft, because balances go on
-- in their order. `usage_open`: what a postpaid commit falls short by, while usage of its customer until then, or usage that
-- drew on that commit, is a draft. `family_open`: a consolidated invoice and those that it repeats, a threshold's charge and
-- the statement that it charges, become final together.
-- Grain: invoice_id, reason.
WITH drafts AS (
    SELECT id, customer_id, customer_name, contract_id, type, ending_before, $period AS billing_period
    FROM invoices
    ANTI JOIN batch ON batch.invoice_id = invoices.id
    WHERE status = 'DRAFT'
    UNION ALL BY NAME
    SELECT id, customer_id, customer_name, contract_id, type, ending_before, billing_period
    FROM earlier_invoices
    WHERE status = 'DRAFT' AND type = 'USAGE'
),
candidates AS (
    SELECT *
    FROM invoices
    SEMI JOIN batch ON batch.invoice_id = invoices.id
),
both_ways AS (
    SELECT one AS invoice_id, other, reason FROM kin
    UNION ALL
    SELECT other, one, reason FROM kin
),
found AS (
    SELECT candidates.id AS invoice_id, 'earlier_draft' AS reason, drafts.id AS draft, drafts.billing_period
    FROM candidates
    JOIN drafts
        ON drafts.contract_id = candidates.contract_id
        AND drafts.ending_before < candidates.ending_before
    WHERE candidates.type = 'USAGE' AND drafts.type = 'USAGE'
    UNION ALL
    SELECT candidates.id, 'usage_open', drafts.id, drafts.billing_period
    FROM candidates
    JOIN drafts
        ON drafts.customer_id = candidates.customer_id
        AND drafts.ending_before <= candidates.issued_at
    WHERE candidates.type = 'TRUEUP' AND drafts.type = 'USAGE'
    UNION ALL
    SELECT candidates.id, 'usage_open', drafts.id, drafts.billing_period
    FROM candidates
    JOIN both_ways ON both_ways.invoice_id = candidates.id AND both_ways.reason = 'trueup'
    JOIN drafts ON drafts.id = both_ways.other
    WHERE candidates.type = 'TRUEUP' AND drafts.type = 'USAGE'
    UNION ALL
    SELECT candidates.id, 'family_open', drafts.id, drafts.billing_period
    FROM candidates
    JOIN both_ways ON both_ways.invoice_id = candidates.id AND both_ways.reason <> 'trueup'
    JOIN drafts ON drafts.id = both_ways.other
)
SELECT
    found.invoice_id,
    found.reason,
    'invoice ' || found.draft || ' of ' || drafts.customer_name || ', ' || found.billing_period || ', is not final' AS detail
FROM found
JOIN drafts ON drafts.id = found.draft
QUALIFY row_number() OVER (
    PARTITION BY found.invoice_id, found.reason ORDER BY found.billing_period, drafts.ending_before, found.draft
) = 1
ORDER BY found.invoice_id, found.reason
