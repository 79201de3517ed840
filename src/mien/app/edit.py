"""An edit: what shall be done to which clip, complete enough to render it again, bit for bit."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from mien.emotion.track import EmotionTrack
from mien.errors import ClipError, InputError
from mien.systems.base import FaceChoice, System, TimeRange
from mien.video.encoder import EncoderSettings

if TYPE_CHECKING:
    from mien.app.jobs import ProgressCallback, Result

Setting = float | int | bool | str | None
"""A value of a system's settings."""


@dataclass(frozen=True)
class Edit:
    """What shall be done to a clip: tracks for faces, a system with its settings, how the result is encoded.

    Attributes:
        source: The clip, an absolute path.
        fingerprint: Of the clip's content; see :func:`fingerprint`.
        tracks: What is asked of which face: its number (1 is the largest), ``"largest"`` or ``"all"``.
        system: Name of the system, or an object with the contract of :class:`mien.systems.base.System`.
        settings: All settings of the system, so that a later version with other defaults renders the same. Empty for
            an object, which carries its own.
        actor: Folder of the actor, an absolute path, for systems that have one.
        time_range: The part of the clip that may change.
        encoder: How the result is encoded.
        mien_version: The version that made the edit.
        output: The result that the edit belongs to, an absolute path; None until there is one.
    """

    source: Path
    fingerprint: str
    tracks: Mapping[FaceChoice, EmotionTrack]
    system: str | System = "instant"
    settings: Mapping[str, Setting] = field(default_factory=dict)
    actor: Path | None = None
    time_range: TimeRange = field(default_factory=TimeRange)
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    mien_version: str = ""
    output: Path | None = None

    def __post_init__(self) -> None:
        if not self.tracks:
            raise InputError("an edit needs an emotion for at least one face")
        object.__setattr__(self, "tracks", MappingProxyType(dict(self.tracks)))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        for name in ("source", "actor", "output"):
            path = getattr(self, name)
            if path is not None:
                object.__setattr__(self, name, Path(os.path.abspath(path)))

    @property
    def system_name(self) -> str:
        """Name of the system."""
        return self.system if isinstance(self.system, str) else self.system.name

    def load_system(self) -> System:
        """The system, with the edit's settings.

        Raises:
            InputError: There is no such system or setting.
        """
        from mien.app.editing import load_system

        return load_system(self.system, self.actor, dict(self.settings))

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        encoder: EncoderSettings | None = None,
        progress: ProgressCallback | None = None,
        overwrite: bool = False,
    ) -> Result:
        """Render the edit to a file, and keep the edit beside it as ``NAME.mien.json``.

        Args:
            path: The result: ``.mp4``, ``.mov``, ``.mkv``, ``.webm``, or images if the source is images.
            encoder: How to encode it; the edit's own settings if left out.
            progress: Called with a :class:`mien.app.jobs.Progress` now and then.
            overwrite: Whether a result that is there already may be replaced.

        Raises:
            ClipError: The source cannot be read.
            NoFaceError: The source does not have the face.
            OutputError: The result cannot be written; nothing is left of it.
        """
        from mien.app.jobs import save_edit

        edit = self if encoder is None else dataclasses.replace(self, encoder=encoder)
        return save_edit(edit, Path(path), progress=progress, overwrite=overwrite)

    def check_source(self) -> None:
        """Refuse a source that is not the one the edit was made for.

        Raises:
            ClipError: The source is missing, or its content has changed.
        """
        if fingerprint(self.source) != self.fingerprint:
            raise ClipError(
                f"{self.source}: this is not the clip that the edit was made for, its content differs; bring the "
                "original back, or allow the changed one (--allow-changed)."
            )


def checked_face(face: Any) -> FaceChoice:
    """A face choice, or InputError if it is none."""
    if face in ("largest", "all") or (type(face) is int and face >= 1):
        return cast("int | Literal['largest', 'all']", face)
    raise InputError(f"a face is 'largest', 'all' or a number from 1, but came as {face!r}")


def fingerprint(path: Path) -> str:
    """Fingerprint of a clip's content: ``sha256:`` and the hash of the file, or of a folder's file names and files.

    Raises:
        ClipError: It cannot be read.
    """
    try:
        if not path.is_dir():
            return f"sha256:{_sha256(path)}"
        names = sorted(entry.name for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
        listing = "".join(f"{name}\0{_sha256(path / name)}\n" for name in names)
    except FileNotFoundError:
        raise ClipError(f"{path}: no such file.") from None
    except OSError as error:
        raise ClipError(f"{path}: cannot be read: {error.strerror}.") from None
    return f"sha256:{hashlib.sha256(listing.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
