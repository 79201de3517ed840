"""Photometric refinement while footage is prepared: one person for all clips, then every track."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mien.errors import InputError
from mien.morphable.model import MorphableModel
from mien.reconstruction.fit import fit_track
from mien.reconstruction.parameters import FaceParameters
from mien.tracking.face_track import FaceTrack
from mien.types import AnyArray, DoubleArray
from mien.video.clip import Clip

Refine = Callable[[FaceTrack, FaceParameters, Clip], FaceParameters]


def photometric(
    model: MorphableModel, faces: Sequence[tuple[FaceTrack, Clip]], alpha: AnyArray
) -> tuple[DoubleArray, Refine]:
    """Who is seen, and what refines a track of them.

    Args:
        model: The morphable model.
        faces: Tracks to see the person in, neutral ones where there are any, each with its clip.
        alpha: ``(A,)`` identity from the landmarks.

    Returns:
        ``(A,)`` identity from the pixels, too, and the function.

    Raises:
        InputError: PyTorch is not installed, or no frame shows the person well enough.
    """
    try:
        from mien.reconstruction.photometric import estimate_person, refine_track
    except ImportError as error:
        raise InputError("photometric refinement needs PyTorch: pip install 'mien[train]'") from error

    person = estimate_person(model, [(track, fit_track(model, track, alpha=alpha), clip) for track, clip in faces])

    def refine(track: FaceTrack, fit: FaceParameters, clip: Clip) -> FaceParameters:
        return refine_track(model, track, fit, clip, person=person).parameters

    return person.alpha.astype(np.float64), refine
