"""``mien evaluate``: an edited clip measured against its source, and what is made of the measurement."""
