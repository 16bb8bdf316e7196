"""Examining a workspace: what is wrong with it or with the machine under it, and what to do."""
