"""Direct a face over time: keyframes of emotions, and of single action units on top of them.

python examples/keyframes.py talk.mp4 directed.mp4
"""

import sys

import mien

source, output = sys.argv[1:3]
duration_s = mien.open(source).info.duration_s
assert duration_s is not None, "an image has no time to direct"

track = mien.EmotionTrack(
    (
        mien.Keyframe(0.0, "neutral", easing="smooth"),
        mien.Keyframe(round(0.3 * duration_s, 3), "happy", 0.9, easing="smooth"),
        mien.Keyframe(round(0.5 * duration_s, 3), "happy", 0.4, action_units=(("AU1", 0.0), ("AU2", 0.0))),
        # From one emotion to another the way leads through neutral; the brows are raised besides.
        mien.Keyframe(round(0.8 * duration_s, 3), "sad", 0.8, action_units=(("AU1", 0.6), ("AU2", 0.3))),
    )
)
print(track)  # The same in the command line's notation: mien edit ... --emotion "..."

mien.edit(source, track, lips=1.0).save(output)
