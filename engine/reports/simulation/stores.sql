-- What both catalogs bill, month by month, gathered until all months are there. `is_new` tells the catalogs apart.
CREATE TEMP TABLE billed (
    month VARCHAR, is_new BOOLEAN, customer_id VARCHAR, contract_id VARCHAR, product_id VARCHAR, product_name VARCHAR,
    currency VARCHAR, amount DECIMAL(38, 26)
);
CREATE TEMP TABLE set_aside (
    month VARCHAR, is_new BOOLEAN, customer_id VARCHAR, contract_id VARCHAR, reason VARCHAR
);
CREATE TEMP TABLE not_billed (
    month VARCHAR, is_new BOOLEAN, outcome VARCHAR, customer_id VARCHAR, contract_id VARCHAR, product_id VARCHAR,
    product_name VARCHAR, quantity DECIMAL(38, 18)
);
