-- Who may draw on what thresholds release? The contract whose threshold it is.
-- Grain: balance_no, contract_id; rows for balance_contracts.
SELECT balance_no, contract_id
FROM threshold_releases
