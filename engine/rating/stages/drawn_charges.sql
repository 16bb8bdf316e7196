-- Every charge of the contracts that balances cover, with a number for each.
-- Grain: charge_no.
SELECT row_number() OVER () AS charge_no, charges.*
FROM charges
SEMI JOIN drawing_contracts ON drawing_contracts.contract_id = charges.contract_id
