-- Which contracts are set aside, and why?
-- Grain: contract_id, product_id, detail.
SELECT * FROM parked ORDER BY ALL
