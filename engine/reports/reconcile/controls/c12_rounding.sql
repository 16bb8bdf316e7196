-- Is what rounding to payable amounts adds within half a smallest denomination an invoice, in each currency?
SELECT
    currency AS scope,
    exact_sum(payable::DECIMAL(38, 26)) AS "left",
    exact_sum(total) AS "right",
    count(*) * any_value(half_denomination) AS tolerance
FROM rounded_invoices
GROUP BY currency
