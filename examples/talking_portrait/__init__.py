"""A portrait that talks: what ``make_example_clip.py`` is made of."""
