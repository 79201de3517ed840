"""mien directs the expression of a talking face in a video.

>>> import mien
>>> mien.edit("talk.mp4", "0 neutral, 2 happy 0.8").save("happy.mp4")  # doctest: +SKIP

The public names are those of :data:`__all__`. Each is imported when it is first used, so that ``import mien`` costs
nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.app.edit import Edit
    from mien.app.edit_file import read_edit
    from mien.app.editing import Editor, OpenClip, edit, load
    from mien.app.editing import open_clip as open  # noqa: A004 - mien.open is the name that people expect
    from mien.app.jobs import Progress, Result
    from mien.app.version import __version__
    from mien.emotion.keyframes import Keyframe
    from mien.emotion.track import EmotionTrack
    from mien.emotion.vocabulary import EMOTIONS
    from mien.errors import (
        ClipError,
        EmotionError,
        InputError,
        MienError,
        ModelError,
        NoFaceError,
        OutputError,
    )
    from mien.reconstruction.analysis import Analysis
    from mien.systems.base import System, TimeRange
    from mien.video.clip import Clip
    from mien.video.encoder import EncoderSettings
    from mien.video.frame import Frame
    from mien.video.info import MienWarning

__all__ = [
    "EMOTIONS",
    "Analysis",
    "Clip",
    "ClipError",
    "Edit",
    "Editor",
    "EmotionError",
    "EmotionTrack",
    "EncoderSettings",
    "Frame",
    "InputError",
    "Keyframe",
    "MienError",
    "MienWarning",
    "ModelError",
    "NoFaceError",
    "OpenClip",
    "OutputError",
    "Progress",
    "Result",
    "System",
    "TimeRange",
    "__version__",
    "edit",
    "load",
    "open",
    "read_edit",
]

_HOMES = {
    "mien.app.edit": ("Edit",),
    "mien.app.edit_file": ("read_edit",),
    "mien.app.editing": ("Editor", "OpenClip", "edit", "load"),
    "mien.app.jobs": ("Progress", "Result"),
    "mien.app.version": ("__version__",),
    "mien.emotion.keyframes": ("Keyframe",),
    "mien.emotion.track": ("EmotionTrack",),
    "mien.emotion.vocabulary": ("EMOTIONS",),
    "mien.errors": (
        "ClipError",
        "EmotionError",
        "InputError",
        "MienError",
        "ModelError",
        "NoFaceError",
        "OutputError",
    ),
    "mien.reconstruction.analysis": ("Analysis",),
    "mien.systems.base": ("System", "TimeRange"),
    "mien.video.clip": ("Clip",),
    "mien.video.encoder": ("EncoderSettings",),
    "mien.video.frame": ("Frame",),
    "mien.video.info": ("MienWarning",),
}
"""Module to the public names that it holds under the same name."""

_PLACES = {
    **{name: (module, name) for module, names in _HOMES.items() for name in names},
    "open": ("mien.app.editing", "open_clip"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
