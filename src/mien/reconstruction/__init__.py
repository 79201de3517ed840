"""Reconstruction: landmarks and pixels to the parameters of a morphable model."""
