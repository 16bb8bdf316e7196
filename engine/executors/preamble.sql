-- What every connection has in common (spec/reliability.md §5.4).

-- The session time zone follows the process otherwise, and DATE_TRUNC with it.
SET TimeZone = 'UTC';
-- A division by zero is an error, never infinity.
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;
-- Files come out the same whatever the number of threads.
SET preserve_insertion_order = true;
-- No extension can be needed, none may be fetched, and no Python variable is a table.
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET allow_community_extensions = false;
SET allow_persistent_secrets = false;
SET python_enable_replacements = false;
-- Progress is shown by whoever asked for the work, never printed from below.
SET enable_progress_bar = false;
