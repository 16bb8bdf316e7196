"""The worked examples of the billing rules, as tables that can be read without knowing the program; see README.md."""
