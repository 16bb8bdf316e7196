-- What balances cover of a charge and what they leave of it are the charge, to the last digit, at every part's own
-- price; and each part costs its quantity times its unit price. A quantity that stands for part of an amount is a
-- quotient to 12 places, and what is left after several of them is off by as many halves of the last; a charge that
-- nothing covers is exact.
WITH parts AS (
    SELECT *, count(*) FILTER (drawn_as = 'covered') OVER (PARTITION BY charge_no) AS covers
    FROM drawn_lines
    ANTI JOIN parked USING (contract_id)
),
sums AS (
    SELECT
        charge_no,
        sum(quantity) FILTER (drawn_as <> 'applied') AS quantity,
        sum(total) FILTER (drawn_as <> 'applied') AS total,
        sum(total) FILTER (drawn_as = 'applied') AS applied,
        sum(total) FILTER (drawn_as = 'covered') AS covered,
        bool_or(coalesce(is_special, false)) AS has_special,
        bool_or(
            abs(total - exact_product(quantity, unit_price))
                > (covers * 0.0000000000005::DECIMAL(13, 13) * abs(unit_price))::DECIMAL(38, 26)
        ) FILTER (drawn_as <> 'applied') AS is_off
    FROM parts
    GROUP BY charge_no
)
SELECT sums.charge_no, drawn_charges.total AS charged, sums.total AS split, sums.applied
FROM sums
JOIN drawn_charges USING (charge_no)
WHERE sums.quantity::DECIMAL(38, 18) <> drawn_charges.quantity
    OR (NOT sums.has_special AND sums.total::DECIMAL(38, 26) <> drawn_charges.total)
    OR coalesce(sums.applied, 0)::DECIMAL(38, 26) + coalesce(sums.covered, 0)::DECIMAL(38, 26) <> 0
    OR sums.is_off
