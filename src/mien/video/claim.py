"""What an output says about itself: that its expression was edited, with what, and from which source."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mien.errors import InputError


@dataclass(frozen=True, slots=True)
class EditClaim:
    """What an output says about how it was made.

    Attributes:
        system: The system that rendered it, such as ``instant``.
        emotions: The emotions (or action units) put on, each once, in order of appearance; at least one.
        source: The clip, image or image folder that was edited.
        trained_model: Whether a trained generative model made pixels.
    """

    system: str
    emotions: tuple[str, ...]
    source: Path
    trained_model: bool = False

    def __post_init__(self) -> None:
        if not self.system or not self.emotions:
            raise InputError(f"an edit claim needs a system and emotions, not {self.system!r} and {self.emotions!r}.")

    @property
    def sentence(self) -> str:
        """The claim for people, one sentence."""
        emotions = ", ".join(self.emotions)
        return f"The facial expression in this file was edited with {generator()}, system {self.system}: {emotions}."

    @property
    def details(self) -> dict[str, Any]:
        """The claim for programs."""
        return {"system": self.system, "emotions": list(self.emotions)}


@dataclass(frozen=True, slots=True)
class StudyClaim:
    """What every clip of a blind study says about itself, edited or not, so that it does not tell which of them are.

    Attributes:
        source: The clip as it is shown, before it is signed; its name must tell nothing.
        trained_model: Left False: which system rendered a clip is not told.
    """

    source: Path
    trained_model: bool = False

    @property
    def sentence(self) -> str:
        """The claim for people, one sentence."""
        return (
            "This clip is shown in a study of edited faces: the facial expression in it may have been changed with "
            f"{generator()}."
        )

    @property
    def details(self) -> dict[str, Any]:
        """The claim for programs."""
        return {"study": True}


Claim = EditClaim | StudyClaim
"""What a file can be signed with."""


def mien_version() -> str:
    """The installed version."""
    try:
        return version("mien")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0+source"


def generator() -> str:
    """The program, as outputs name it."""
    return f"mien {mien_version()}"
