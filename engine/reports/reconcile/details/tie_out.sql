-- Which amounts differ from the other system's file, and which are on one side only?
-- Grain: id.
SELECT * FROM external_amounts WHERE outcome <> 'equal' ORDER BY outcome, id
