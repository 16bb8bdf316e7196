"""Published invoices in the FinOps Open Cost and Usage Specification, FOCUS 1.2, and its rules as queries."""
