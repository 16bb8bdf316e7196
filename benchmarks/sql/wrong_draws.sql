-- The balances whose account differs from `expected_draws`, and the usage invoices that are not what prepaid commits and
-- credits leave.
WITH expected AS (
    UNPIVOT (SELECT contract_id, prepaid, credit, postpaid FROM expected_draws)
    ON prepaid, credit, postpaid
    INTO NAME kind VALUE drawn
)
SELECT expected.contract_id, expected.kind, expected.drawn, segment_balances.drawn
FROM expected
FULL JOIN segment_balances ON segment_balances.balance_id = expected.contract_id || '-' || expected.kind
WHERE expected.drawn * 0.0001::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.drawn
UNION ALL
SELECT contract_id, 'invoice', everything - prepaid - credit, invoices.total
FROM expected_draws
FULL JOIN (FROM invoices WHERE type = 'USAGE') AS invoices USING (contract_id)
WHERE (everything - prepaid - credit) * 0.0001::DECIMAL(38, 26) IS DISTINCT FROM invoices.total
