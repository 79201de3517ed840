"""Emotions over time: vocabulary, recipes of action units, keyframes, notation and files."""

from mien.emotion.action_units import AU_COLUMN_INDEX, AU_COLUMNS
from mien.emotion.files import read_track, write_track
from mien.emotion.keyframes import Keyframe
from mien.emotion.recipes import leading, recipe, recipe_weights
from mien.emotion.track import EmotionSamples, EmotionTrack
from mien.emotion.vocabulary import EMOTION_INDEX, EMOTIONS, NEUTRAL, canonical

__all__ = [
    "AU_COLUMNS",
    "AU_COLUMN_INDEX",
    "EMOTIONS",
    "EMOTION_INDEX",
    "NEUTRAL",
    "EmotionSamples",
    "EmotionTrack",
    "Keyframe",
    "canonical",
    "leading",
    "read_track",
    "recipe",
    "recipe_weights",
    "write_track",
]
