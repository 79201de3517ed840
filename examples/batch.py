"""Edit every clip of a folder; one that cannot be edited is named and passed over.

python examples/batch.py clips/ edited/ "sad 0.7"
"""

import sys
from pathlib import Path

import mien

folder, output_folder, emotion = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
output_folder.mkdir(parents=True, exist_ok=True)
clips = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".mp4", ".mov", ".mkv", ".webm"})
failed = 0
for clip in clips:
    try:
        result = mien.edit(clip, emotion, face="all").save(output_folder / clip.name, overwrite=True)
    except mien.MienError as error:
        failed += 1
        print(f"not edited: {error}", file=sys.stderr)
    else:
        print(f"{result.output}: {result.frame_count} frames in {result.elapsed_s:.1f} s")
raise SystemExit(1 if failed else 0)
