"""The tree of errors.

Everything a user can cause ends in a :class:`MienError`: one clear sentence that says what came, what was expected
and what to do. The command line prints that sentence and exits with code 2; a traceback means a defect of ours.
"""

from __future__ import annotations


class MienError(Exception):
    """Base of every error that a user can cause. Its text is one sentence, shown as it is."""


class InputError(MienError):
    """A value, array or option from the caller is not of the form asked for."""


class ClipError(MienError):
    """A clip cannot be read: missing, empty, damaged, or not a video."""


class OutputError(MienError):
    """A result cannot be written: no permission, no space, or a format that cannot hold it."""


class NoFaceError(MienError):
    """A clip has no face that can be edited."""


class EmotionError(MienError):
    """An emotion, action unit, keyframe line or emotion file is not understood."""


class ModelError(MienError):
    """A morphable model, actor or weight file is missing or not of its published format."""


class WeightsMissingError(ModelError):
    """The weights of an outside network are not on this machine; the text says how to get them."""


class TrainingError(MienError):
    """A training run cannot go on: its figures are not numbers any more."""
