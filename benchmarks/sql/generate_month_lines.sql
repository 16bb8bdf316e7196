-- The rows of generated_lines as those of another month, `2026-02`, under transaction ids of their own.
-- Columns: line. Grain: one event.
CREATE OR REPLACE MACRO generated_month_lines(first_row, last_row, total, customers, in_month) AS TABLE
SELECT
    replace(
        replace(line, '"timestamp":"2026-10-', '"timestamp":"' || in_month || '-'),
        '"transaction_id":"',
        '"transaction_id":"' || in_month || '-'
    ) AS line
FROM generated_lines(first_row, last_row, total, customers);
