"""Revenue by product and category, and the standard reports about customers, contracts, commits and invoices."""
