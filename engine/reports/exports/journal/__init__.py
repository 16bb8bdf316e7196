"""A journal of what was invoiced, accrued and deferred, by the accounts that finance names."""
