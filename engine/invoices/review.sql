-- Which usage invoices come to so much more than before, or to so little, that somebody must look at them?
-- Each is set against the contract's usage invoice before it, by when they end. `jump`: more than the factor times what
-- that one came to. `vanished`: no line has a quantity, and that one was not zero. Void invoices are not looked at.
-- Amounts have 38 digits and so has no product of them: both sides are multiplied in two halves, of 19 digits each.
-- Grain: invoice_id.
WITH usage AS (
    SELECT id, contract_id, ending_before, total, $period AS billing_period
    FROM invoices
    WHERE type = 'USAGE' AND status <> 'VOID'
    UNION ALL BY NAME
    SELECT id, contract_id, ending_before, total, billing_period
    FROM earlier_invoices
    WHERE type = 'USAGE' AND status <> 'VOID'
),
compared AS (
    SELECT
        id AS invoice_id,
        total,
        lag(id) OVER earlier AS id_before,
        lag(total) OVER earlier AS total_before,
        lag(billing_period) OVER earlier AS period_before
    FROM usage
    WINDOW earlier AS (PARTITION BY contract_id ORDER BY ending_before, id)
),
halves AS (
    SELECT
        invoice_id,
        id_before,
        period_before,
        total,
        total_before,
        power_of_ten(19) AS half,
        unscaled(total) // half AS high,
        unscaled(total) % half AS low,
        unscaled(total_before) // half AS high_before,
        unscaled(total_before) % half AS low_before
    FROM compared
    WHERE $factor IS NOT NULL AND total > 0 AND total_before > 0 AND total >= $minimum::DECIMAL(38, 26)
),
sides AS (
    SELECT
        invoice_id,
        id_before,
        period_before,
        total,
        total_before,
        row(high * $divisor + (low * $divisor) // half, (low * $divisor) % half) AS this,
        row(high_before * $dividend + (low_before * $dividend) // half, (low_before * $dividend) % half) AS at_most
    FROM halves
)
SELECT
    invoice_id,
    'jump' AS reason,
    plain_number(total) || ' is more than ' || $factor || ' times the ' || plain_number(total_before) || ' of ' || period_before
        || ' (invoice ' || id_before || ')' AS detail
FROM sides
WHERE this > at_most
UNION ALL
SELECT
    invoice_id,
    'vanished',
    'no usage after the ' || plain_number(total_before) || ' of ' || period_before || ' (invoice ' || id_before || ')'
FROM compared
ANTI JOIN line_items ON line_items.invoice_id = compared.invoice_id AND line_items.quantity <> 0
WHERE $vanished AND total_before <> 0
