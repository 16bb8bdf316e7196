-- What does this run charge, or give back, for statements that are closed?
-- Each correction is a line on the contract's first usage invoice of this run that ends no earlier than what is corrected.
-- A contract without one waits for its next run. The line bears the corrected time; it was priced there, and balances do
-- not cover it (spec/metering.md §2.3).
-- An amount with more places than a unit price can have is so many hundred-millionths at a price 10^8 as high: always
-- exactly the amount.
-- Grain: invoice_id, line_key.
WITH carried AS (
    SELECT
        corrections.*,
        statement_periods.* EXCLUDE (contract_id),
        exactly_18(corrections.amount) IS NOT NULL AS is_price
    FROM corrections
    JOIN statement_periods
        ON statement_periods.contract_id = corrections.contract_id
        AND coalesce(corrections.corrected_until, corrections.corrected_from) <= statement_periods.period_ending_before
    QUALIFY row_number() OVER (
        PARTITION BY
            corrections.contract_id, corrections.product_id, corrections.corrected_from, corrections.corrected_until,
            corrections.credit_type_id
        ORDER BY statement_periods.period_starting_at
    ) = 1
)
SELECT
    invoice_id,
    contract_id,
    customer_id,
    rate_card_id,
    'correction' AS type,
    product_id,
    array_to_string([
        product_id, instant_text(corrected_from), coalesce(instant_text(corrected_until), ''), credit_type_id
    ], chr(31)) AS line_key,
    product_name || CASE
        WHEN corrected_until IS NULL THEN strftime(corrected_from, ' (correction of %Y-%m-%d)')
        ELSE strftime(corrected_until - to_microseconds(1), ' (late usage of %Y-%m)')
    END AS own_name,
    period_starting_at,
    period_ending_before,
    corrected_from AS starting_at,
    corrected_until AS ending_before,
    CASE WHEN is_price THEN 1 ELSE 0.00000001 END::DECIMAL(38, 18) AS quantity,
    CASE WHEN is_price THEN exactly_18(amount)
        ELSE in_units(unscaled(amount), 0.000000000000000001::DECIMAL(18, 18))
    END::DECIMAL(38, 18) AS unit_price,
    amount AS total,
    credit_type_id
FROM carried
