-- What does each customer owe for each product in each month, by either catalog?
-- A contract that one of them could not bill in a month is left out of that month on both sides: nothing billed is not
-- the same as nothing owed. It is among the parked ones. A product goes by its latest name, the new catalog's first.
-- An AMOUNT has 18 places where no amount needs more, so that those of all customers over years can be added up, else 26.
-- Grain: month, customer_id, product_id (product_name where there is none), currency.
WITH compared AS (
    SELECT billed.*, coalesce(product_id, concat('name of a line: ', product_name)) AS product_key
    FROM billed
    ANTI JOIN set_aside USING (month, contract_id)
),
product_names AS (
    SELECT product_key, arg_max(product_name, row(is_new, month, product_name)) AS product_name
    FROM compared
    GROUP BY product_key
),
sides AS (
    SELECT
        month,
        customer_id,
        product_id,
        product_key,
        currency,
        coalesce(sum(amount) FILTER (NOT is_new), 0)::AMOUNT AS before,
        coalesce(sum(amount) FILTER (is_new), 0)::AMOUNT AS after
    FROM compared
    GROUP BY ALL
)
SELECT
    sides.month,
    sides.customer_id,
    customers.customer_name,
    sides.product_id,
    product_names.product_name,
    sides.currency,
    sides.before,
    sides.after,
    sides.after - sides.before AS difference
FROM sides
JOIN product_names USING (product_key)
JOIN customers USING (customer_id)
