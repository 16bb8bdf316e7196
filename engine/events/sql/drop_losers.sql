/* Why: what stays staged is what will be accepted.
   Grain: one row per losing line is removed. */
DELETE FROM landing.staged USING landing.losers WHERE staged.line_no = losers.line_no;
