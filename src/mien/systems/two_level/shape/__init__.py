"""Level 1: a GAN that turns one face's coefficients into those of another emotion (CCFE 3.3)."""
