/* Why: a staged event that broke a rule has been kept as a refused line.
   Grain: one row per such event of the chunk is removed. */
DELETE FROM landing.staged WHERE line_no >= $first_line AND refusal IS NOT NULL;
