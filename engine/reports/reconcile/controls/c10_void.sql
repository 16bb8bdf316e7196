-- Has every statement period a usage invoice that stands, or was one voided and not billed anew?
SELECT 'standing invoices' AS scope, count(*) AS "left", count(*) FILTER (standing > 0) AS "right"
FROM statement_sequence
