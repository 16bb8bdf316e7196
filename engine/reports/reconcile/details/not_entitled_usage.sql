-- Which usage was metered of products that the contract is not entitled to?
-- Grain: as the output not_entitled.
SELECT * FROM not_entitled ORDER BY ALL
