-- What the three balances of each contract of the drawdown benchmark have to cover, by plain arithmetic in ten-thousandths
-- of the currency: the prepaid commit what has its tag, the credit of all that is left, the postpaid commit of what is left
-- then. For these sums the order of lines does not matter. `line_prices` and `granted_amounts` are in ten-thousandths.
-- Grain: contract_id.
WITH spent AS (
    SELECT
        granted_amounts.contract_id,
        sum(metered.value::BIGINT * line_prices.price)::BIGINT AS everything,
        coalesce(
            sum(metered.value::BIGINT * line_prices.price) FILTER (line_prices.tag = granted_amounts.tag), 0
        )::BIGINT AS tagged
    FROM metered
    JOIN meter_windows USING (meter_id, window_id)
    JOIN meters USING (meter_id)
    JOIN line_prices ON line_prices.product = meters.metric_name
    JOIN granted_amounts USING (customer_id)
    GROUP BY granted_amounts.contract_id
)
SELECT
    contract_id,
    everything,
    least(prepaid_amount, tagged) AS prepaid,
    least(credit_amount, everything - least(prepaid_amount, tagged)) AS credit,
    least(postpaid_amount, everything - least(prepaid_amount, tagged) - credit) AS postpaid
FROM (SELECT * RENAME (prepaid AS prepaid_amount, credit AS credit_amount, postpaid AS postpaid_amount) FROM granted_amounts)
    AS granted_amounts
JOIN spent USING (contract_id)
