"""What will go well in a clip and what will not, in words."""

from __future__ import annotations

from dataclasses import dataclass

from mien.app.clip_report import ClipReport, FaceReport, Stretch
from mien.video.info import ClipInfo

SMALL_PX, TINY_PX = 48.0, 24.0
"""Eye distances under which an expression is hard to see, and under which landmarks are not sure to a tenth of it."""

BLURRED = 0.06
NOISY = 6.0
DARK, BRIGHT = 0.15, 0.85
UNSURE_FIT = 0.025
"""Limits of :class:`mien.app.clip_report.FaceReport`."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """Sentences on a clip.

    Attributes:
        good: What will go well.
        trouble: What will not, and what helps.
    """

    good: tuple[str, ...]
    trouble: tuple[str, ...]


def remarks(info: ClipInfo, report: ClipReport) -> Remarks:
    """Judge a clip by its facts and measurements."""
    faces = [(f"shot {n}, face {f.number}", f) for n, shot in enumerate(report.shots, start=1) for f in shot.faces]
    if not faces:
        return Remarks((), ("no face was found: mien needs one that is visible and not in full profile",))
    if len(faces) == 1:
        faces = [("the face", faces[0][1])]
    trouble = [sentence for name, face in faces for sentence in _face_trouble(name, face)]
    clear = [name for name, face in faces if not _face_trouble(name, face)]
    good = [f"{name} is seen well throughout" for name in clear]
    wearers = [name for name, face in faces if face.wears_glasses]
    good += [f"{name} wears glasses: they keep their shape (--glasses none if that is wrong)" for name in wearers]
    if len(report.shots) > 1:
        good.append(f"{len(report.shots)} shots: each is followed by itself, an edit does not smear across a cut")
        empty = [str(n) for n, shot in enumerate(report.shots, start=1) if not shot.faces]
        if empty:
            trouble.append(f"no face in shot {', '.join(empty)}: it stays as it is")
    if any(len(shot.faces) > 1 for shot in report.shots):
        good.append('several faces: choose with --face, or give each its own emotion: --emotion "2: sad"')
    return Remarks((*good, *_clip_good(info)), tuple(trouble))


def _clip_good(info: ClipInfo) -> list[str]:
    said = []
    if info.is_variable_rate:
        said.append("variable frame rate: every frame keeps its own time")
    if info.bit_depth > 8:
        said.append(f"{info.bit_depth} bits per sample are kept")
    if info.rotation_deg or info.is_mirrored:
        said.append(f"stored turned by {info.rotation_deg}°: edited upright, stored as it was")
    if info.has_audio:
        said.append("the sound is copied as it is")
    return said


def _face_trouble(name: str, face: FaceReport) -> list[str]:
    said = []
    if face.eye_distance_px < TINY_PX:
        said.append(f"{name} is tiny ({face.eye_distance_px:.0f} px between the eyes): an edit will hardly be seen")
    elif face.eye_distance_px < SMALL_PX:
        said.append(f"{name} is small ({face.eye_distance_px:.0f} px between the eyes): fine wrinkles will be lost")
    if face.turned_share > 0:
        said.append(
            f"{name} is turned away by more than 40° in {face.turned_share:.0%} of its frames: the far side of the "
            "face has few pixels there"
        )
    if face.hidden:
        said.append(f"{name} is hidden or not surely seen at {_times(face.hidden)} (a hand, hair, an edge, profile?)")
    only_faded = [stretch for stretch in face.unedited if not any(_overlap(stretch, hidden) for hidden in face.hidden)]
    if only_faded:
        said.append(f"{name} comes or goes at {_times(tuple(only_faded))}: the edit fades in and out there")
    if face.sharpness < BLURRED:
        said.append(f"{name} is blurred (sharpness {face.sharpness:.2f}, sharp footage has 0.08 and more)")
    if face.noise > NOISY:
        said.append(
            f"{name} is noisy (about {face.noise:.0f} shades of 255): landmarks tremble, smoothing 5 or 7 helps"
        )
    if face.brightness < DARK:
        said.append(f"{name} is dark: shading and wrinkles will be faint")
    if face.brightness > BRIGHT:
        said.append(f"{name} is very bright: shading and wrinkles may be lost in white")
    if face.residual > UNSURE_FIT:
        said.append(f"{name} is fitted loosely (residual {face.residual:.1%} of the eye distance): look at the result")
    return said


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one.start_s < other.stop_s and other.start_s < one.stop_s


def _times(stretches: tuple[Stretch, ...], most: int = 4) -> str:
    said = [f"{stretch.start_s:.1f}-{stretch.stop_s:.1f} s" for stretch in stretches[:most]]
    return ", ".join(said) + (f" and {len(stretches) - most} more" if len(stretches) > most else "")
