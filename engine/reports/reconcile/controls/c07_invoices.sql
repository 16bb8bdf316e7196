-- Is every invoice exactly the sum of its lines in its own currency, and has it as many lines as it says?
SELECT
    'invoices' AS scope,
    count(*) AS "left",
    count(*) FILTER (invoiced = summed AND invoiced_lines = found_lines) AS "right"
FROM invoice_sums
