-- EffectiveCost must be 0 for a purchase that covers what is used later, and must be BilledCost for a credit.
SELECT InvoiceId, x_LineItemId, EffectiveCost, BilledCost
FROM 'focus.parquet'
WHERE (ChargeCategory = 'Purchase' AND x_Category = 'commit_purchase' AND EffectiveCost <> 0)
    OR (ChargeCategory = 'Credit' AND EffectiveCost <> BilledCost)
