-- What must later runs know of the commits that thresholds released in this one?
-- Published; a contract that is parked in the end has bought nothing. `written_ending_before` is where the commit
-- would end if the contract did not end before.
-- Grain: segment_id (one per balance_id).
SELECT
    kind,
    balance_id,
    commit_name AS balance_name,
    product_id,
    customer_id,
    contract_id,
    segment_id,
    amount,
    starting_at,
    ending_before,
    written_ending_before,
    credit_type_id,
    priority,
    rate_type,
    purchase_invoice_id AS invoice_id
FROM threshold_releases
ANTI JOIN parked ON parked.contract_id = threshold_releases.contract_id
ORDER BY ALL
