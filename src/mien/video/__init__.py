"""Clips: reading and writing video, exactly. See ``docs/video.md``."""

from mien.video.clip import Clip
from mien.video.encoder import EncoderSettings
from mien.video.frame import Frame
from mien.video.info import ClipInfo, MienWarning
from mien.video.transcode import transcode
from mien.video.writer import ClipWriter

__all__ = ["Clip", "ClipInfo", "ClipWriter", "EncoderSettings", "Frame", "MienWarning", "transcode"]
