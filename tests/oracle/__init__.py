"""A second, slow reading of the billing rules in plain Python; see README.md beside this file."""
