-- Which amounts of which invoices changed, step by step, and why?
-- A step puts one cause in place of the other side's and leaves all else; what it found before is what the step before it
-- left. The steps of an invoice add up to what it differs by.
-- Grain: slot_id, customer_id, currency, product_id, line_name, line_type, pricing_group_values, presentation_group_values,
-- balance_id, step.
SELECT
    steps.slot_id,
    steps.customer_id,
    invoices.customer_name,
    invoices.contract_id,
    invoices.invoice_type,
    invoices.starting_at,
    invoices.ending_before,
    invoices.issued_at,
    steps.product_id,
    coalesce(steps.product_name, steps.line_name) AS line_name,
    steps.line_type,
    steps.pricing_group_values,
    steps.presentation_group_values,
    steps.balance_id,
    steps.step,
    steps.cause,
    steps.currency,
    steps.amount_before,
    steps.amount_after,
    steps.difference
FROM step_changes AS steps
JOIN changed_invoices AS invoices USING (slot_id, customer_id, currency)
ORDER BY
    invoices.customer_name, steps.customer_id, coalesce(invoices.starting_at, invoices.issued_at), steps.slot_id,
    steps.currency, steps.step, coalesce(steps.product_name, steps.line_name), steps.product_id, steps.line_type,
    steps.pricing_group_values, steps.presentation_group_values, steps.balance_id NULLS FIRST
