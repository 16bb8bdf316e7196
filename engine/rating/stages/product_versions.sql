-- The products as they were from one time to another, with whole-number terms as the integers of the exact macros.
-- Grain: product_id, version_no.
SELECT
    * REPLACE (
        multiplier::HUGEINT AS multiplier,
        divisor::HUGEINT AS divisor,
        rounding_unit::HUGEINT AS rounding_unit,
        quantity_divisor::HUGEINT AS quantity_divisor
    )
FROM product_terms
