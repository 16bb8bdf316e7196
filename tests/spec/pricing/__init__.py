"""Worked examples of prices and contracts, all billed in one workspace."""
