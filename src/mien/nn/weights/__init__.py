"""Weights of outside networks: what there is, where it comes from, where it lies on this machine, how it is read."""
