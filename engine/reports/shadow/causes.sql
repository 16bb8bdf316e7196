-- What each difference comes from, once lines that are made from others have been asked what those come from.
-- A line that takes off what a balance covers follows the line that it covers; the conversion of a pricing unit what is
-- priced in that unit; a composite charge what it is a share of; a line that is only cut otherwise the one whose price
-- differs.
-- Grain: row_no.
WITH sources AS (
    SELECT DISTINCT ON (follower.row_no)
        follower.row_no, source.row_no AS source_row_no, source.rule AS source_rule, source.name AS source_name
    FROM rules AS follower
    JOIN rules AS source
        ON source.invoice_no = follower.invoice_no
        AND source.row_no <> follower.row_no
        AND NOT source.may_follow
        AND source.rule NOT IN ('missing_invoice', 'extra_invoice', 'sum_of_lines', 'rounded_invoice')
        AND CASE
            WHEN follower.is_applied
                THEN source.group_key = follower.group_key AND source.rule NOT IN ('balance', 'tier')
            WHEN follower.type = 'cpu_conversion' THEN source.credit_type_id <> follower.credit_type_id
            WHEN follower.product_type = 'COMPOSITE' THEN source.product_id IS DISTINCT FROM follower.product_id
                AND source.product_id IS NOT NULL
            ELSE source.group_key = follower.group_key
        END
    WHERE follower.may_follow
        AND follower.rule NOT IN ('missing_invoice', 'extra_invoice', 'currency_unit', 'rounded_total')
        AND (follower.type <> 'cpu_conversion' OR follower.their_quantity IS DISTINCT FROM follower.our_quantity)
    ORDER BY follower.row_no, abs(source.difference) DESC, source.row_no
)
SELECT
    rules.*,
    coalesce(
        'follows from ' || sources.source_name || ': ' || source_explanations.explanation, explanations.explanation
    ) AS explanation,
    coalesce(sources.source_rule, rules.rule) AS told_rule,
    CASE told_rule
        WHEN 'conversion_factor' THEN 'conversion_factor'
        WHEN 'rounded_quantity' THEN 'rounding'
        WHEN 'quantity' THEN coalesce(event_hints.hint, source_hints.hint)
    END AS hint,
    CASE
        WHEN starts_with(told_rule, 'rounded') AND told_rule <> 'rounded_quantity' THEN 'rounding'
        WHEN told_rule = 'unit_worth' THEN 'price'
        WHEN told_rule IN ('conversion_factor', 'rounded_quantity', 'cut') THEN 'quantity'
        WHEN told_rule IN ('sum_of_lines', 'not_the_product', 'not_counted', 'unknown_price') THEN 'unexplained'
        ELSE told_rule
    END AS cause
FROM rules
LEFT JOIN sources USING (row_no)
JOIN explanations USING (row_no)
LEFT JOIN event_hints USING (row_no)
LEFT JOIN event_hints AS source_hints ON source_hints.row_no = sources.source_row_no
LEFT JOIN explanations AS source_explanations ON source_explanations.row_no = sources.source_row_no
