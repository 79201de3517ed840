"""Change the expression in a clip: the whole job in one line.

python examples/edit_clip.py talk.mp4 happy.mp4 "happy 0.8"
"""

import argparse

import mien

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("source", help="a video of a face that talks")
parser.add_argument("output", help="the result, such as happy.mp4")
parser.add_argument("emotion", nargs="?", default="happy 0.8", help='such as "happy 0.8" or "0 neutral, 2 sad"')
arguments = parser.parse_args()

try:
    result = mien.edit(arguments.source, arguments.emotion).save(arguments.output)
except mien.MienError as error:  # Whatever a user can cause, said in one sentence.
    raise SystemExit(f"{error}") from None
print(f"{result.output}: {result.frame_count} frames, {result.frames_per_second:.0f} frames/s")
print(f"{result.edit_file}: the edit, from which `mien render` gives the same frames again")
