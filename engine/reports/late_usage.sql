-- What would the finalized invoices of a billing period be if they were billed now, from all events, by the current
-- catalog? A row for whatever differs, or was corrected since.
-- Both sides are what is charged before balances and before custom pricing units are turned into money, without
-- corrections of other statements. An invoice is found again by what it is for, because a regenerated one has another id:
-- usage by where its statement starts, the rest by the instant; a true-up by its commit besides.
-- `outcome` says what becomes of the usage now: billed, unrated, not_entitled (then it has no amounts), or parked, when the
-- contract could not be billed at all (then it has no numbers and `reason` says why). `corrected_amount` is what correction
-- lines bill of the product in this statement, the same on each of its rows. `reason` is why the rest will not be
-- corrected by itself: no_open_invoice, because the contract has no later usage invoice; charged_by_threshold;
-- no_late_events, when the catalog has changed and not the usage.
-- Grain: invoice_id, outcome, product_id, credit type, pricing_group_values, presentation_group_values.
WITH all_invoices AS (
    SELECT false AS is_now, * FROM published_invoices WHERE status = 'FINALIZED'
    UNION ALL BY NAME
    SELECT true AS is_now, id, contract_id, type, starting_at, ending_before, issued_at FROM invoices
),
all_lines AS (
    SELECT false AS is_now, * FROM published_line_items
    UNION ALL BY NAME
    SELECT
        true AS is_now,
        invoice_id,
        product_id,
        product_name,
        type,
        pricing_group_values,
        presentation_group_values,
        quantity,
        total,
        credit_type_id,
        currency,
        commit_id,
        origin_line_item_id
    FROM line_items
),
charged_by_threshold AS (
    SELECT false AS is_now, invoice_id FROM published_threshold_commits
    UNION
    SELECT true, invoice_id FROM threshold_commits
),
trueups AS (
    SELECT is_now, invoice_id, min(commit_id) AS commit_id
    FROM all_lines
    WHERE type = 'commit_purchase'
    GROUP BY is_now, invoice_id
),
slots AS (
    SELECT
        all_invoices.is_now,
        all_invoices.id AS invoice_id,
        all_invoices.contract_id,
        CASE WHEN charged_by_threshold.invoice_id IS NULL THEN all_invoices.type ELSE 'THRESHOLD' END AS kind,
        coalesce(all_invoices.starting_at, all_invoices.issued_at) AS billed_from,
        CASE WHEN all_invoices.type = 'TRUEUP' THEN trueups.commit_id ELSE '' END AS commit_id
    FROM all_invoices
    LEFT JOIN charged_by_threshold
        ON charged_by_threshold.is_now = all_invoices.is_now AND charged_by_threshold.invoice_id = all_invoices.id
    LEFT JOIN trueups ON trueups.is_now = all_invoices.is_now AND trueups.invoice_id = all_invoices.id
    WHERE all_invoices.type <> 'USAGE_CONSOLIDATED'
),
closed AS (
    SELECT slots.invoice_id AS closed_invoice_id, slots.* EXCLUDE (is_now, invoice_id)
    FROM slots
    WHERE NOT is_now
),
same AS (
    -- Which invoice of either side is which closed one.
    SELECT slots.is_now, slots.invoice_id, closed.closed_invoice_id
    FROM slots
    JOIN closed
        ON closed.contract_id = slots.contract_id
        AND closed.kind = slots.kind
        AND closed.billed_from = slots.billed_from
        AND closed.commit_id = slots.commit_id
),
all_unbilled AS (
    SELECT false AS is_now, 'unrated' AS outcome, * FROM published_unrated
    UNION ALL BY NAME
    SELECT false AS is_now, 'not_entitled' AS outcome, * FROM published_not_entitled
    UNION ALL BY NAME
    SELECT
        true AS is_now,
        outcome,
        product_id,
        product_name,
        pricing_group_values,
        presentation_group_values,
        quantity,
        statement_invoice_id
    FROM unbilled
),
stated AS (
    SELECT
        same.is_now,
        same.closed_invoice_id AS invoice_id,
        'billed' AS outcome,
        all_lines.product_id,
        all_lines.product_name,
        all_lines.credit_type_id,
        all_lines.currency,
        all_lines.pricing_group_values,
        all_lines.presentation_group_values,
        all_lines.quantity,
        all_lines.total AS amount
    FROM all_lines
    JOIN same ON same.is_now = all_lines.is_now AND same.invoice_id = all_lines.invoice_id
    WHERE all_lines.type NOT IN ('applied_commit_or_credit', 'cpu_conversion', 'correction')
        AND all_lines.origin_line_item_id IS NULL
    UNION ALL BY NAME
    SELECT
        same.is_now,
        same.closed_invoice_id AS invoice_id,
        all_unbilled.outcome,
        all_unbilled.product_id,
        all_unbilled.product_name,
        all_unbilled.pricing_group_values,
        all_unbilled.presentation_group_values,
        all_unbilled.quantity
    FROM all_unbilled
    JOIN same ON same.is_now = all_unbilled.is_now AND same.invoice_id = all_unbilled.statement_invoice_id
),
compared AS (
    SELECT
        invoice_id,
        outcome,
        product_id,
        min(product_name) AS product_name,
        credit_type_id,
        min(currency) AS currency,
        pricing_group_values,
        presentation_group_values,
        coalesce(sum(quantity) FILTER (NOT is_now), 0)::DECIMAL(38, 18) AS quantity_finalized,
        coalesce(sum(quantity) FILTER (is_now), 0)::DECIMAL(38, 18) AS quantity_now,
        coalesce(sum(amount) FILTER (NOT is_now), 0)::DECIMAL(38, 26) AS finalized,
        coalesce(sum(amount) FILTER (is_now), 0)::DECIMAL(38, 26) AS now_billed
    FROM stated
    GROUP BY ALL
),
corrected AS (
    SELECT
        invoices.id AS invoice_id,
        corrections_billed.product_id,
        corrections_billed.product_name,
        corrections_billed.credit_type_id,
        corrections_billed.currency,
        corrections_billed.amount
    FROM corrections_billed
    JOIN published_invoices AS invoices
        ON invoices.contract_id = corrections_billed.contract_id
        AND coalesce(invoices.starting_at, invoices.issued_at) = corrections_billed.corrected_from
        AND (invoices.type = 'USAGE') = corrections_billed.is_usage
        AND invoices.type <> 'USAGE_CONSOLIDATED'
        AND invoices.status = 'FINALIZED'
    WHERE corrections_billed.amount <> 0
),
differing AS (
    SELECT
        compared.* EXCLUDE (finalized, now_billed),
        CASE WHEN outcome = 'billed' THEN finalized END AS amount_finalized,
        CASE WHEN outcome = 'billed' THEN now_billed END AS amount_now,
        CASE WHEN outcome = 'billed' THEN corrected.amount END AS corrected_amount
    FROM compared
    LEFT JOIN corrected
        ON corrected.invoice_id = compared.invoice_id
        AND corrected.product_id = compared.product_id
        AND corrected.credit_type_id = compared.credit_type_id
    WHERE quantity_finalized <> quantity_now
        OR finalized <> now_billed
        OR (outcome = 'billed' AND corrected.amount IS NOT NULL)
    UNION ALL BY NAME
    SELECT
        corrected.* EXCLUDE (amount),
        'billed' AS outcome,
        '{}' AS pricing_group_values,
        '{}' AS presentation_group_values,
        0::DECIMAL(38, 18) AS quantity_finalized,
        0::DECIMAL(38, 18) AS quantity_now,
        0::DECIMAL(38, 26) AS amount_finalized,
        0::DECIMAL(38, 26) AS amount_now,
        corrected.amount AS corrected_amount
    FROM corrected
    ANTI JOIN compared
        ON compared.invoice_id = corrected.invoice_id
        AND compared.outcome = 'billed'
        AND compared.product_id = corrected.product_id
        AND compared.credit_type_id = corrected.credit_type_id
),
set_aside AS (
    SELECT contract_id, min(reason) AS reason FROM parked GROUP BY contract_id
),
found AS (
    SELECT differing.*, closed.contract_id, closed.kind
    FROM differing
    JOIN closed ON closed.closed_invoice_id = differing.invoice_id
    ANTI JOIN set_aside ON set_aside.contract_id = closed.contract_id
    UNION ALL BY NAME
    SELECT
        closed.closed_invoice_id AS invoice_id, closed.contract_id, closed.kind, 'parked' AS outcome, set_aside.reason
    FROM closed
    JOIN set_aside ON set_aside.contract_id = closed.contract_id
),
explained AS (
    SELECT
        found.* EXCLUDE (reason, corrected_amount),
        late_events.late_events,
        invoices.* EXCLUDE (id, contract_id, status),
        found.amount_now - found.amount_finalized AS late_amount,
        coalesce(found.corrected_amount, 0) AS corrected,
        CASE
            WHEN found.outcome <> 'billed' THEN found.reason
            WHEN found.kind = 'THRESHOLD' THEN 'charged_by_threshold'
            WHEN sum(late_amount) OVER of_product = corrected THEN NULL
            WHEN coalesce(late_events.late_events = 0, false) AND corrected = 0 THEN 'no_late_events'
            WHEN coalesce(
                open_until.ending_before < coalesce(invoices.ending_before, invoices.issued_at), true
            ) THEN 'no_open_invoice'
        END AS why
    FROM found
    JOIN published_invoices AS invoices ON invoices.id = found.invoice_id
    LEFT JOIN late_events ON late_events.invoice_id = found.invoice_id
    LEFT JOIN open_until ON open_until.contract_id = found.contract_id
    WINDOW of_product AS (PARTITION BY found.invoice_id, found.outcome, found.product_id, found.credit_type_id)
)
SELECT
    billing_period,
    customer_id,
    customer_name,
    contract_id,
    invoice_id,
    type AS invoice_type,
    issued_at,
    finalized_at,
    product_id,
    product_name,
    pricing_group_values,
    presentation_group_values,
    starting_at AS period_starting_at,
    ending_before AS period_ending_before,
    late_events,
    outcome,
    quantity_finalized,
    quantity_now,
    quantity_now - quantity_finalized AS late_quantity,
    amount_finalized,
    amount_now,
    late_amount,
    CASE WHEN outcome = 'billed' AND (why IS NULL OR corrected <> 0) THEN corrected END AS corrected_amount,
    why AS reason,
    credit_type_id,
    currency
FROM explained
CROSS JOIN late_usage_question
ORDER BY
    customer_name, customer_id, coalesce(starting_at, issued_at), contract_id, invoice_id, product_name, product_id,
    pricing_group_values, presentation_group_values, outcome, credit_type_id
