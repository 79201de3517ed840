"""Morphable models: mean shape, identity and expression bases; the built-in one and loaders of published ones."""
