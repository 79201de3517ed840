"""Emotions over time: vocabulary, recipes of action units, keyframes and files."""
