-- The usage products, with whole-number terms as the integers that the exact macros work on.
-- Grain: product_id.
SELECT
    * REPLACE (
        multiplier::HUGEINT AS multiplier,
        divisor::HUGEINT AS divisor,
        rounding_unit::HUGEINT AS rounding_unit,
        quantity_divisor::HUGEINT AS quantity_divisor
    )
FROM product_terms
