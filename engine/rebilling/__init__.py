"""Billing aside, from what is or was there: for comparing, and for proving what was billed."""
