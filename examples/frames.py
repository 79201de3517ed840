"""Analyse once, render often: one clip under several emotions, frame by frame, without writing video files.

python examples/frames.py talk.mp4 happy sad angry
"""

import sys

import numpy as np

import mien

source, emotions = sys.argv[1], sys.argv[2:] or ["happy", "sad", "angry"]
analysis = mien.open(source).analyse()  # Slow once; kept on disk for the next time.
editor = mien.load("instant")
for emotion in emotions:
    changes = []
    for before, after in zip(analysis.clip.frames(), editor.render(analysis, emotion), strict=True):
        changes.append(np.abs(after.rgb().astype(int) - before.rgb()).mean())
    print(f"{emotion}: {len(changes)} frames, mean change of a sample {np.mean(changes):.2f} of 255")
