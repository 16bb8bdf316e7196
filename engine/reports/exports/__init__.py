"""What finance takes elsewhere: published invoices as FOCUS rows, as revenue by product and as a journal."""
