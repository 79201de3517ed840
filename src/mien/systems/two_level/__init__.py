"""CCFE: two-level editing, trained on an actor's own footage.

Source: Z. Sun et al., "Continuously Controllable Facial Expression Editing in Talking Face Videos", IEEE TAFFC 2023.
Level 1 (``shape``) changes the face's shape, level 2 (``texture``) its colours.
"""
