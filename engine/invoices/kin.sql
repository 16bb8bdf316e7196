-- Which invoices of a billing period stand and fall together, two at a time, and why?
-- A consolidated invoice and each of those that it repeats; what a threshold charges and the usage invoice of that contract
-- that ends at its instant; what a postpaid commit falls short by, and each usage invoice of the billing period that drew
-- on that commit. An invoice that was billed anew under another id has left its kin to that one. A void charge has released
-- nothing: it is known by the id under which it, or the first that it was billed anew for, was issued.
-- Grain: one, other, reason.
WITH RECURSIVE standing AS (
    SELECT id, contract_id, type, status, ending_before, issued_at, constituent_invoices
    FROM invoices
    WHERE regenerated_as_invoice_id IS NULL
),
chains AS (
    SELECT id, id AS first_id
    FROM invoices
    WHERE regenerated_from_invoice_id IS NULL
    UNION ALL
    SELECT invoices.id, chains.first_id
    FROM chains
    JOIN invoices ON invoices.regenerated_from_invoice_id = chains.id
),
purchases AS (
    SELECT standing.id, standing.contract_id, standing.issued_at
    FROM standing
    SEMI JOIN threshold_commits ON threshold_commits.invoice_id = standing.id
    UNION
    SELECT standing.id, standing.contract_id, standing.issued_at
    FROM standing
    JOIN chains ON chains.id = standing.id
    WHERE standing.status = 'VOID'
        AND chains.first_id
            = derived_id('invoice', [standing.contract_id, instant_text(standing.issued_at), 'THRESHOLD'])
),
pairs AS (
    SELECT id AS one, unnest(from_json(constituent_invoices, '["VARCHAR"]')) AS other, 'consolidated' AS reason
    FROM standing
    WHERE constituent_invoices IS NOT NULL
    UNION ALL
    SELECT purchases.id, statements.id, 'threshold'
    FROM purchases
    JOIN standing AS statements
        ON statements.type = 'USAGE'
        AND statements.contract_id = purchases.contract_id
        AND statements.ending_before = purchases.issued_at
    UNION ALL
    SELECT trueups.invoice_id, deductions.invoice_id, 'trueup'
    FROM ledger AS trueups
    JOIN ledger AS deductions ON deductions.balance_id = trueups.balance_id
    WHERE ends_with(trueups.type, '_TRUEUP') AND ends_with(deductions.type, '_AUTOMATED_INVOICE_DEDUCTION')
)
SELECT DISTINCT pairs.one, pairs.other, pairs.reason
FROM pairs
SEMI JOIN standing AS ones ON ones.id = pairs.one
SEMI JOIN standing AS others ON others.id = pairs.other
WHERE pairs.one <> pairs.other
ORDER BY ALL
