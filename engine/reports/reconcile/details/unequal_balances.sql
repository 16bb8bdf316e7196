-- Which segments of balances do not roll forward, or do otherwise in the ledger?
-- Grain: segment_id.
SELECT * FROM segment_accounts WHERE NOT (rolls_forward AND ledger_agrees) ORDER BY segment_id
