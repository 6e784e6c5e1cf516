"""How the database came to its present form, one revision per module."""
