-- The BilledCost of an InvoiceId must add up to what is payable of the invoice, to the last digit.
SELECT InvoiceId, coalesce(billed.amount, 0) AS billed, coalesce(invoices.PayableAmount, 0) AS payable
FROM (SELECT InvoiceId, sum(BilledCost) AS amount FROM 'focus.parquet' GROUP BY InvoiceId) AS billed
FULL JOIN 'focus_invoices.parquet' AS invoices USING (InvoiceId)
WHERE coalesce(billed.amount, 0) <> coalesce(invoices.PayableAmount, 0)
