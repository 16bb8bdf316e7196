-- Which usage has no price? It is on no invoice; it is listed here so that it is never lost in silence.
-- Grain: as unbilled.
SELECT * EXCLUDE (outcome) FROM unbilled WHERE outcome = 'unrated' ORDER BY ALL
