"""Events: validate, deduplicate, land; and the Delta table they land in."""
