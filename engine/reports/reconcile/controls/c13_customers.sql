-- Which customers are new, lost or without usage, and whose total moved much?
SELECT unnest([
        'customers there before', 'customers still there', 'customers with usage', 'customers with a steady total'
    ]) AS scope,
    unnest([
        count(*) FILTER (total <> 0),
        count(*) FILTER (previous <> 0),
        count(*) FILTER (has_usage_invoice),
        count(*) FILTER (total <> 0 AND previous <> 0)
    ]) AS "left",
    unnest([
        count(*) FILTER (total <> 0 AND previous <> 0),
        count(*) FILTER (total <> 0 AND previous <> 0),
        count(*) FILTER (has_usage_invoice AND has_usage),
        count(*) FILTER (total <> 0 AND previous <> 0 AND is_steady)
    ]) AS "right"
FROM customer_totals
