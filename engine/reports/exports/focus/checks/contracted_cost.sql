-- ContractedCost must be ContractedUnitPrice times PricingQuantity, to the last digit, and where there is no unit price it must be
-- BilledCost. Only corrections may differ.
WITH texts AS (
    SELECT
        *,
        rtrim(ContractedUnitPrice::VARCHAR, '0') AS price,
        rtrim(PricingQuantity::VARCHAR, '0') AS quantity,
        replace(ContractedCost::VARCHAR, '.', '')::HUGEINT AS cost,
        length(split_part(price, '.', 2)) + length(split_part(quantity, '.', 2)) AS places
    FROM 'focus.parquet'
    WHERE ChargeClass IS NULL
),
multiplied AS (
    SELECT
        *,
        try(replace(price, '.', '')::HUGEINT * replace(quantity, '.', '')::HUGEINT) AS product,
        ('1' || repeat('0', abs(26 - places)))::HUGEINT AS shift
    FROM texts
)
SELECT InvoiceId, x_LineItemId, ContractedCost, ContractedUnitPrice, PricingQuantity
FROM multiplied
WHERE CASE
    WHEN ContractedUnitPrice IS NULL THEN ContractedCost <> BilledCost
    WHEN places <= 26 THEN try(product * shift) IS DISTINCT FROM cost
    ELSE coalesce(product % shift <> 0 OR product // shift <> cost, true)
END
