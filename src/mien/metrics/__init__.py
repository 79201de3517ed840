"""Figures that say how good a result is: one file a metric, pure functions on arrays.

Landmarks are ``(T, 478, 3)`` px as in ``docs/conventions.md``; lengths are reported in eye distances (outer corner to
outer corner), so that they compare across resolutions. Nothing here edits or reads a video.
"""
