"""Clips that may show somebody else: the identity that all clips share fits their face much worse than one of its own.

It is a hint, told as a warning: landmarks do not tell faces apart as a recognition network does. A strong expression
looks to it like another face, too. So clips for which a neutral one vouches are not judged by themselves: stretches of
the same shot of a video, and what mien has made of the same footage and says so in its manifest. Footage that was
filmed clip by clip is judged clip by clip.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from mien.data.assembly import frame_columns
from mien.data.extraction import largest_faces, usable_rows
from mien.data.labelled_clip import LabelledClip
from mien.emotion.vocabulary import NEUTRAL
from mien.reconstruction.analysis import Analysis

FOREIGN_RATIO = 1.15
"""The fit's median residual with another identity over that with its own. Measured on ten development clips, second
halves with the identity of first halves: 1.03 to 1.14 of one person; of two, above 1.15 in 89 of 90 pairs."""


def doubtful_clips(
    parts: Sequence[Path],
    clips: Sequence[LabelledClip],
    analyses: Mapping[Path, Analysis],
    edited: Collection[Path] = (),
) -> list[str]:
    """Sentences on clips whose face does not look like the others'.

    Args:
        parts: Of the prepared footage; their residuals are those of the shared identity.
        clips: In the order of their numbers.
        analyses: Of their videos; their residuals are those of each clip's own identity.
        edited: Videos whose manifest says that mien edited them.
    """
    clip_of, shared = frame_columns(parts, "clip", "residual")
    witnesses = [clip for number, clip in enumerate(clips) if clip.emotion == NEUTRAL and (clip_of == number).any()]
    sentences = []
    for number, clip in enumerate(clips):
        if any(_vouches(witness, clip, analyses, edited) for witness in witnesses):
            continue
        own = own_residual(clip, analyses[clip.path])
        found = shared[clip_of == number]
        if len(found) and own > 0.0 and float(np.median(found)) > FOREIGN_RATIO * own:
            ratio = float(np.median(found)) / own
            sentences.append(
                f"{clip.name} may show somebody else: the face of the other clips fits it {ratio:.2f} times as badly "
                "as one of its own"
            )
    return sentences


def _vouches(
    witness: LabelledClip, clip: LabelledClip, analyses: Mapping[Path, Analysis], edited: Collection[Path]
) -> bool:
    """Whether whoever the neutral clip shows is sure to be who the other one shows."""
    if clip.emotion == NEUTRAL:
        return False
    if witness.path == clip.path:
        return _shots(clip, analyses[clip.path]) <= _shots(witness, analyses[clip.path])
    return bool(clip.made_from) and clip.made_from == witness.made_from and {clip.path, witness.path} <= set(edited)


def _shots(clip: LabelledClip, analysis: Analysis) -> set[int]:
    """Numbers of the shots in which a clip shows a face."""
    return {
        number
        for number, shot in enumerate(analysis.shots)
        if shot.faces and len(usable_rows(analysis, shot.faces[0], clip))
    }


def own_residual(clip: LabelledClip, analysis: Analysis) -> float:
    """The fit's median residual with the identity of the clip alone, in eye distances; 0 where no face is seen."""
    rows = [
        face.parameters.residual[usable_rows(analysis, face, clip) - face.parameters.start]
        for face in largest_faces(analysis)
    ]
    every = np.concatenate(rows) if rows else np.empty(0)
    return float(np.median(every)) if len(every) else 0.0
