"""``mien expand``: neutral footage of somebody turned into labelled footage of every emotion and intensity.

Every video is rendered once for each emotion and intensity, and once as it is, all encoded alike, so that nothing but
the expression tells them apart. What is finished lies in a hidden folder beside the result, ``.NAME.expanding``, until
all of it is: the same call goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from mien.app.editing import load
from mien.app.jobs import StageClock, write_frames
from mien.app.labelling.label import check_place
from mien.data.extraction import largest_faces
from mien.data.known_landmarks import KnownLandmarks, write_known_landmarks
from mien.data.labelled_clip import FRONT
from mien.data.labelled_folder import HEADER, TABLE, table_line
from mien.disk import disk_errors, write_whole
from mien.emotion.track import EmotionTrack
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.errors import InputError, NoFaceError
from mien.reconstruction.analysis import AnalysedFace, Analysis, analyse
from mien.reconstruction.cache import content_fingerprint
from mien.systems.instant.system import Instant
from mien.video.claim import EditClaim, generator
from mien.video.clip import Clip
from mien.video.encoder import EncoderSettings
from mien.video.frame import Frame
from mien.video.output import output_errors
from mien.video.provenance import check_signing, claim_of, edit_metadata, sign
from mien.video.signing import Identity
from mien.video.writer import ClipWriter

SYSTEM = "instant"
RECORD = "expansion.json"
StageProgress = Callable[[str, float], None]

_ENCODER = EncoderSettings(preset="veryfast")
"""Fine enough for texture maps; dozens of renders of one clip need not be small."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What shall be made.

    Attributes:
        videos: Neutral footage of one person.
        emotions: Of ``EMOTIONS``.
        intensities: Above 0, at most 1.
        seconds: Take so much of the start of each video; None for all.
        actor: Who is seen; None for the result's name.
    """

    videos: tuple[Path, ...]
    emotions: tuple[str, ...] = EMOTIONS
    intensities: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    seconds: float | None = None
    actor: str | None = None

    def __post_init__(self) -> None:
        if not self.videos or not self.emotions or not self.intensities:
            raise InputError("expanding footage needs at least one video, one emotion and one intensity")
        for intensity in self.intensities:
            if not 0.0 < intensity <= 1.0:
                raise InputError(f"an intensity is above 0 and at most 1, not {intensity:g}")
        if self.seconds is not None and not self.seconds > 0.0:
            raise InputError(f"the length to take is above 0 s, not {self.seconds:g}")
        for name in ("videos", "emotions", "intensities"):
            given = getattr(self, name)
            if len(set(given)) != len(given):
                raise InputError(f"of the {name} to expand, one is given twice")

    def looks(self) -> list[tuple[str, float]]:
        """Every emotion at every intensity, neutral first."""
        return [(NEUTRAL, 0.0), *((name, amount) for name in self.emotions for amount in self.intensities)]


@dataclass(frozen=True, slots=True)
class Expanded:
    """What was made.

    Attributes:
        clip_count: Clips in the folder.
        frame_count: Frames of all of them.
        kept_count: Of the clips, those that an earlier, interrupted call had made.
    """

    clip_count: int
    frame_count: int
    kept_count: int


@dataclass(frozen=True, slots=True)
class _Source:
    """A video, as it will be taken: its analysis, frames, and the name of its folder in the result."""

    path: Path
    analysis: Analysis
    frame_count: int
    stop_s: float | None
    folder: str

    @property
    def faces(self) -> list[AnalysedFace]:
        """The largest face of each shot, as far as it is taken."""
        return [face for face in largest_faces(self.analysis) if face.track.start < self.frame_count]


def expand(
    wanted: Expansion, output: Path, *, overwrite: bool = False, progress: StageProgress | None = None
) -> Expanded:
    """Render all of it and write the table of labels.

    Args:
        wanted: What.
        output: The folder to make.
        overwrite: Replace an expansion that is there already.
        progress: Told the stage (``analyse``, ``render``) and how much of it is done.

    Raises:
        ClipError: A video cannot be read.
        NoFaceError: A video shows no face.
        InputError: A video is a picture, or was edited by mien already.
        OutputError: The result is there already, or the disk refuses; what is finished is kept for the next call.
    """
    told = progress or (lambda *_: None)
    _check(output, overwrite)
    identity = check_signing()
    sources = _sources(wanted, told)
    work = output.with_name(f".{output.name}.expanding")
    result = work / "result"
    _begin(work, _request(wanted))
    total = sum(source.frame_count for source in sources) * len(wanted.looks())
    done = kept = count = 0
    lines = [HEADER]
    for source in sources:
        for emotion, intensity in wanted.looks():
            place = f"{source.folder}/{_file_name(emotion, intensity, source.path)}"
            start = done
            if (result / place).is_file():
                kept += 1
            else:
                clock = _Share(told, start / total, source.frame_count / total)
                _render(source, emotion, intensity, work / Path(place).name, result / place, clock, identity)
            done += source.frame_count
            count += 1
            told("render", done / total)
            lines.append(_line(place, emotion, intensity, wanted.actor or output.resolve().name, source))
    write_whole(result / TABLE, ("\n".join(lines) + "\n").encode())
    with disk_errors(output):
        shutil.copy2(work / "request.json", result / RECORD)
        if output.exists():
            os.replace(output, work / "replaced")
        os.replace(result, output)
    shutil.rmtree(work, ignore_errors=True)
    return Expanded(count, total, kept)


@dataclass(frozen=True, slots=True)
class _Share:
    """Progress of one render as a share of all of them."""

    told: StageProgress
    start: float
    share: float

    def clock(self) -> StageClock:
        return StageClock("render", lambda progress: self.told("render", self.start + self.share * progress.fraction))


def _check(output: Path, overwrite: bool) -> None:
    ours = overwrite and (output / RECORD).is_file()
    names = [entry.name for entry in output.iterdir()] if ours else []
    check_place(output, overwrite, names)


def _sources(wanted: Expansion, told: StageProgress) -> list[_Source]:
    """Analyse every video, or refuse it."""
    sources: list[_Source] = []
    for number, path in enumerate(wanted.videos):
        clip = Clip.open(path)
        if clip.info.is_still or clip.info.is_folder:
            raise InputError(f"{path}: this is a picture; footage to expand is video")
        if claim_of(path) is not None:
            raise InputError(f"{path}: was edited by mien already; expand the footage that it was made of")
        frames = max(1, clip.info.frame_count or clip.count_frames())

        def advance(done: int, number: int = number, frames: int = frames) -> None:
            told("analyse", (number + done / frames) / len(wanted.videos))

        analysis = analyse(clip, progress=advance)
        within = analysis.times_s[analysis.times_s < (wanted.seconds or float("inf"))]
        if not any(face.track.start < len(within) for face in analysis.faces):
            raise NoFaceError(f"{path}: no face is seen in {'it' if wanted.seconds is None else 'the part to take'}")
        folder = path.stem if path.stem not in {source.folder for source in sources} else f"{path.stem}-{number + 1}"
        sources.append(_Source(path, analysis, len(within), wanted.seconds, folder))
    told("analyse", 1.0)
    return sources


def _request(wanted: Expansion) -> dict[str, object]:
    return {
        "format": "mien expansion",
        "schema": 2,
        "made_by": _made_by(),
        "videos": [{"file": path.name, "fingerprint": content_fingerprint(path)} for path in wanted.videos],
        "emotions": list(wanted.emotions),
        "intensities": list(wanted.intensities),
        "seconds": wanted.seconds,
    }


def _made_by() -> str:
    return f"{generator()}, {SYSTEM}"


def _begin(work: Path, request: dict[str, object]) -> None:
    """Make the hidden folder, or go on in one that was made for the very same request."""
    text = json.dumps(request, indent=1) + "\n"
    with disk_errors(work):
        record = work / "request.json"
        if work.is_dir() and not (record.is_file() and record.read_text(encoding="utf-8") == text):
            shutil.rmtree(work)
        (work / "result").mkdir(parents=True, exist_ok=True)
        for left in [path for path in work.iterdir() if path.name not in ("result", "request.json")]:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if not record.is_file():
            write_whole(record, text.encode())


def _render(
    source: _Source, emotion: str, intensity: float, making: Path, target: Path, share: _Share,
    identity: Identity | None,
) -> None:  # fmt: skip
    """Render one look of one video; it appears under its name when it is complete and signed."""
    claim = EditClaim(SYSTEM, (emotion,), source.path)
    look = emotion if emotion == NEUTRAL else f"{emotion} {intensity:.6f}"
    frames = load(SYSTEM).render(source.analysis, look)
    taken: Iterator[Frame] = takewhile(lambda frame: frame.index < source.frame_count, frames)
    clip = source.analysis.clip
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with ClipWriter(making, clip, _ENCODER, edit_metadata(claim), stop_s=source.stop_s) as writer:
        write_frames(taken, writer, source.frame_count, share.clock())
    sign(making, claim, identity)
    write_known_landmarks(target, [_known(source, face, look) for face in source.faces])
    with output_errors(target):
        beside = making.with_suffix(".c2pa")
        if beside.is_file():
            os.replace(beside, target.with_suffix(".c2pa"))
        os.replace(making, target)


def _known(source: _Source, face: AnalysedFace, look: str) -> KnownLandmarks:
    """Where the landmarks of a face are in one look of a video."""
    renderer = Instant().face_renderer(source.analysis, face, EmotionTrack.parse(look))
    frames = range(face.track.start, min(face.track.stop, source.frame_count))
    return KnownLandmarks(frames.start, np.array([renderer.moved_landmarks(index) for index in frames], np.float32))


def _file_name(emotion: str, intensity: float, source: Path) -> str:
    suffix = ".mkv" if source.suffix.lower() in (".mkv", ".webm", ".avi") else ".mp4"
    return f"{emotion}{suffix}" if emotion == NEUTRAL else f"{emotion}-{intensity:.2f}{suffix}"


def _line(place: str, emotion: str, intensity: float, actor: str, source: _Source) -> str:
    amount = None if emotion == NEUTRAL else intensity
    return table_line([place, emotion, amount, actor, FRONT, None, None, _made_by(), source.folder])


def parse_intensities(texts: Sequence[str]) -> tuple[float, ...]:
    """Intensities from words such as ``1/3,2/3,1`` and ``0.5``.

    Raises:
        InputError: One is not a number.
    """
    found = []
    for word in (word for text in texts for word in text.split(",") if word.strip()):
        above, _, below = word.partition("/")
        try:
            found.append(float(above) / (float(below) if below else 1.0))
        except (ValueError, ZeroDivisionError):
            raise InputError(f"{word.strip()!r} is not an intensity: write 0.5 or 1/3") from None
    return tuple(found)
