-- Whose charges do balances cover in this run?
-- The contracts that may draw on a balance and are not parked, and those whose spend a threshold charges ahead. A pool is
-- billed or waits as a whole.
-- Grain: contract_id.
SELECT pools.contract_id, pools.pool_no, contracts.starting_at
FROM pools
JOIN contracts USING (contract_id)
ANTI JOIN parked_charges ON parked_charges.contract_id = pools.contract_id
ANTI JOIN parked_pools ON parked_pools.contract_id = pools.contract_id
UNION ALL
SELECT
    thresholds.contract_id,
    -(row_number() OVER (ORDER BY thresholds.contract_id))::INTEGER AS pool_no,
    contracts.starting_at
FROM thresholds
JOIN contracts USING (contract_id)
ANTI JOIN pools ON pools.contract_id = thresholds.contract_id
ANTI JOIN parked_charges ON parked_charges.contract_id = thresholds.contract_id
WHERE thresholds.kind = 'SPEND'
