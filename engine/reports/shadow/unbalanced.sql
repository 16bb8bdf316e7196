-- Invoices whose differences do not add up to the difference of the invoice; there must be none.
SELECT
    invoice_sides.their_invoice_id,
    invoice_sides.our_invoice_id,
    coalesce(invoice_sides.our_total, 0) - coalesce(invoice_sides.their_total, 0) AS difference,
    coalesce(sum(causes.invoice_difference), 0) AS explained
FROM invoice_sides
LEFT JOIN causes USING (invoice_no)
GROUP BY ALL
HAVING explained <> difference
ORDER BY ALL
