-- What a group used in a statement period is on lines, unrated or not entitled: nothing more, nothing less.
WITH ends AS (
    SELECT
        product_period_no,
        values_no,
        arg_max(quantity_after, segment_no)::DECIMAL(38, 18) AS quantity
    FROM convert_and_round
    GROUP BY ALL
),
used AS (
    SELECT
        contract_id, product_periods.product_id, pricing_group_values, presentation_group_values, period_starting_at,
        sum(quantity) AS quantity
    FROM ends
    JOIN product_periods USING (product_period_no)
    JOIN group_values USING (values_no)
    ANTI JOIN parked USING (contract_id)
    GROUP BY ALL
),
explained AS (
    SELECT
        contract_id, product_id, pricing_group_values, presentation_group_values, period_starting_at,
        sum(quantity) AS quantity
    FROM (
        SELECT
            contract_id, product_id, pricing_group_values, presentation_group_values, period_starting_at, quantity
        FROM line_items
        WHERE billable_metric_id IS NOT NULL AND origin_line_item_id IS NULL
        UNION ALL
        SELECT
            product_periods.contract_id,
            product_periods.product_id,
            pricing_group_values,
            presentation_group_values,
            period_starting_at,
            (quantity_after - quantity_before)::DECIMAL(38, 18)
        FROM settle
        JOIN product_periods USING (product_period_no)
        JOIN group_values USING (values_no)
        ANTI JOIN parked ON parked.contract_id = product_periods.contract_id
        WHERE outcome <> 'billed'
    )
    GROUP BY ALL
)
SELECT
    coalesce(used.contract_id, explained.contract_id) AS contract_id,
    coalesce(used.product_id, explained.product_id) AS product_id,
    used.quantity AS used,
    explained.quantity AS explained
FROM used
FULL JOIN explained
    ON explained.contract_id = used.contract_id
    AND explained.product_id = used.product_id
    AND explained.period_starting_at = used.period_starting_at
    AND explained.pricing_group_values = used.pricing_group_values
    AND explained.presentation_group_values = used.presentation_group_values
WHERE coalesce(used.quantity, 0) <> coalesce(explained.quantity, 0)
