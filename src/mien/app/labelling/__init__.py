"""Footage for actors, made of footage without labels: labelled by what is tracked, or expanded by ``instant``."""
