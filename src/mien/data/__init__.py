"""Footage on disk: labelled clips of published data sets and plain folders, and prepared footage to train on.

Reading prepared footage (:mod:`mien.data.prepared`) needs NumPy and Pillow, no video library.
"""
