"""Shadow billing: another system's invoices beside those computed here, and what each difference comes from."""
