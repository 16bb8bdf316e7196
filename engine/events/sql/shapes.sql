/* Why: the keys of plain lines differ in few ways; each way is judged once (duplicate keys, new names).
   Grain: one row per list of keys. Columns: keys ([top-level keys, property names]), lines. */
SELECT keys, count(*) AS lines
FROM landing.chunk
WHERE keys IS NOT NULL
GROUP BY keys
ORDER BY keys;
