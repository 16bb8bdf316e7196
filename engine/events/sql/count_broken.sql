/* Why: most chunks hold no event that breaks a rule, and need no second look.
   Grain: one row. Columns: how many events of the chunk break a rule. */
SELECT count(*) FROM landing.staged WHERE line_no >= $first_line AND refusal IS NOT NULL;
