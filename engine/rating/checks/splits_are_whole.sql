-- What balances cover of a charge and what they leave of it are the charge, to the last digit, unless a balance has a
-- price of its own for it; and what is shown as covered is taken off again.
WITH sums AS (
    SELECT
        charge_no,
        sum(quantity) FILTER (drawn_as <> 'applied') AS quantity,
        sum(total) FILTER (drawn_as <> 'applied') AS total,
        sum(total) FILTER (drawn_as = 'applied') AS applied,
        sum(total) FILTER (drawn_as = 'covered') AS covered,
        bool_or(coalesce(is_special, false)) AS has_special
    FROM drawn_lines
    ANTI JOIN parked USING (contract_id)
    GROUP BY charge_no
)
SELECT sums.charge_no, drawn_charges.total AS charged, sums.total AS split, sums.applied
FROM sums
JOIN drawn_charges USING (charge_no)
WHERE sums.quantity::DECIMAL(38, 18) <> drawn_charges.quantity
    OR (NOT sums.has_special AND sums.total::DECIMAL(38, 26) <> drawn_charges.total)
    OR coalesce(sums.applied, 0)::DECIMAL(38, 26) + coalesce(sums.covered, 0)::DECIMAL(38, 26) <> 0
