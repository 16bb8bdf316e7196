-- Which conversions into money are there for balances in money to cover?
-- They come last on their invoice (spec/rating.md §7.2, §11).
-- Grain: line_no; rows for coverable_lines.
SELECT
    (SELECT coalesce(max(line_no), 0) FROM coverable_lines) + row_number() OVER () AS line_no,
    conversion_lines.charge_no,
    conversion_lines.invoice_id,
    conversion_lines.pool_no,
    drawn_invoices.epoch,
    conversion_lines.contract_id,
    conversion_lines.credit_type_id,
    true AS is_money,
    conversion_lines.covered_at,
    conversion_lines.type,
    conversion_lines.quantity,
    conversion_lines.unit_price,
    conversion_lines.total,
    drawn_invoices.invoice_no * 1000000000000 + 500000000000
        + row_number() OVER (ORDER BY
            conversion_lines.starting_at, conversion_lines.unit_price DESC, conversion_lines.own_name,
            conversion_lines.line_key
        ) AS position
FROM conversion_lines
JOIN drawn_invoices USING (invoice_id)
WHERE conversion_lines.pool_no IS NOT NULL
    AND conversion_lines.quantity > 0
    AND conversion_lines.unit_price > 0
    AND conversion_lines.total IS NOT NULL
