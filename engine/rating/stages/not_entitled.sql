-- Which usage was metered for a product that the contract is not entitled to? It makes no line.
-- Grain: as unbilled.
SELECT * EXCLUDE (outcome) FROM unbilled WHERE outcome = 'not_entitled' ORDER BY ALL
