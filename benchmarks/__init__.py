"""Commands that print figures; see ``results/``."""
