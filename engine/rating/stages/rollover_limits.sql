-- How much can roll over into a new contract at the most?
-- The fraction of what was granted with the segments that were in force at the transition, not of what is left of them
-- (spec/rating.md §6.1, §17 Q29). Multiplied as whole numbers, so that places are used where they are needed; NULL when
-- the product takes more than an amount has.
-- Grain: to_segment_no.
WITH granted AS (
    SELECT
        rollovers.to_segment_no,
        rtrim(sum(balance_segments.amount)::DECIMAL(38, 26)::VARCHAR, '0') AS amount_text,
        rtrim(any_value(rollovers.fraction)::VARCHAR, '0') AS fraction_text
    FROM rollovers
    JOIN balance_segments ON balance_segments.segment_no = rollovers.from_segment_no
    GROUP BY rollovers.to_segment_no
),
products_of AS (
    SELECT
        to_segment_no,
        length(split_part(amount_text, '.', 2)) + length(split_part(fraction_text, '.', 2)) AS places,
        try(replace(amount_text, '.', '')::HUGEINT * replace(fraction_text, '.', '')::HUGEINT) AS whole
    FROM granted
)
SELECT
    to_segment_no,
    CASE
        WHEN places <= 26
        THEN try(in_units(whole * power_of_ten(26 - places), 0.00000000000000000000000001::DECIMAL(26, 26)))
    END::DECIMAL(38, 26) AS at_most
FROM products_of
