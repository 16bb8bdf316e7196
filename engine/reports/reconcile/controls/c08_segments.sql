-- Does each segment of a balance close with what it opened with and what moved it, by its own account and by the ledger?
SELECT
    'balance segments' AS scope,
    count(*) AS "left",
    count(*) FILTER (rolls_forward AND ledger_agrees) AS "right"
FROM segment_accounts
