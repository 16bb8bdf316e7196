-- A SkuPriceId must belong to one SkuId.
SELECT SkuPriceId
FROM 'focus.parquet'
WHERE SkuPriceId IS NOT NULL
GROUP BY SkuPriceId
HAVING count(DISTINCT SkuId) > 1
