"""Pixel formats: where a picture's samples lie, and which formats mien edits in place.

Editing works on separate 8- to 16-bit planes (YUV or gray or RGB) and on a few packed RGB formats. The other
formats of decoders (semi-planar, big-endian, palette, ...) are first rearranged into one of these without loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import av

from mien.errors import ClipError

Family = Literal["yuv", "gray", "rgb"]

_PACKED = {"rgb24": (3, 8), "rgba": (4, 8), "rgb48le": (3, 16), "rgba64le": (4, 16)}
"""Packed RGB that is edited in place: samples per pixel, bits. The first three are R, G, B."""

_REARRANGED = {
    "nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "nv42": "yuv444p",
    "p010le": "yuv420p10le", "p012le": "yuv420p12le", "p016le": "yuv420p16le", "p210le": "yuv422p10le",
    "p212le": "yuv422p12le", "p410le": "yuv444p10le", "p412le": "yuv444p12le", "nv20le": "yuv422p10le",
    "yuyv422": "yuv422p", "uyvy422": "yuv422p", "yvyu422": "yuv422p", "uyyvyy411": "yuv411p",
    "y210le": "yuv422p10le", "y212le": "yuv422p12le", "xv30le": "yuv444p10le", "xv36le": "yuv444p12le",
    "vuya": "yuva444p", "vuyx": "yuv444p", "ayuv": "yuva444p", "vyu444": "yuv444p",
    "bgr24": "rgb24", "argb": "rgba", "abgr": "rgba", "bgra": "rgba", "0rgb": "rgb24", "rgb0": "rgb24",
    "0bgr": "rgb24", "bgr0": "rgb24", "pal8": "rgba", "rgb48be": "rgb48le", "rgba64be": "rgba64le",
    "bgr48le": "rgb48le", "bgr48be": "rgb48le", "bgra64le": "rgba64le", "bgra64be": "rgba64le",
    "x2rgb10le": "gbrp10le", "x2bgr10le": "gbrp10le", "rgb555le": "rgb24", "rgb565le": "rgb24",
    "bgr555le": "rgb24", "bgr565le": "rgb24", "ya8": "rgba", "ya16le": "rgba64le", "ya16be": "rgba64le",
    "monob": "gray", "monow": "gray",
}  # fmt: skip
"""Decoder format -> the format it is edited in; no sample changes its value (5-bit RGB is widened)."""


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """Where the samples of an editable format lie.

    Attributes:
        name: libav's name of the format.
        family: ``"yuv"``, ``"gray"`` or ``"rgb"``.
        bits: bits per sample, 8 to 16.
        shift_x: log2 of the luma columns per chroma column.
        shift_y: log2 of the luma rows per chroma row.
        planes: indices of the planes of Y, Cb, Cr, or R, G, B, or gray; one plane for packed RGB.
        step: samples per pixel in a row (1 for planes of their own).
        has_alpha: an alpha plane or sample follows, which is never changed.
    """

    name: str
    family: Family
    bits: int
    shift_x: int
    shift_y: int
    planes: tuple[int, ...]
    step: int
    has_alpha: bool

    @property
    def chroma(self) -> str:
        """Chroma format as people write it: ``"4:2:0"``, ``"4:2:2"``, ``"4:4:4"``, ``"gray"``, ``"rgb"``, ..."""
        if self.family != "yuv":
            return self.family
        names = {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4", (0, 1): "4:4:0", (2, 0): "4:1:1", (2, 2): "4:1:0"}
        return names.get((self.shift_x, self.shift_y), f"1/{2**self.shift_x} x 1/{2**self.shift_y}")


def working_format(name: str) -> str:
    """The editable format that holds a decoder's format without loss (often the same one).

    Raises:
        ClipError: samples are floating point, or of a layout that mien does not know.
    """
    if name in _PACKED:
        return name
    if name in _REARRANGED:
        return _REARRANGED[name]
    if name.endswith("be") and _known(name[:-2] + "le"):
        return working_format(name[:-2] + "le")
    if name.startswith(("yuv", "gbr", "gray")) and "f16" not in name and "f32" not in name:
        return name
    raise ClipError(
        f"The clip's pixel format {name} is not one that mien edits; convert it to yuv420p, yuv444p or rgb24."
    )


def _known(name: str) -> bool:
    try:
        av.VideoFormat(name)
    except ValueError:
        return False
    return True


def layout_of(name: str) -> PixelLayout:
    """The layout of an editable format, as returned by :func:`working_format`."""
    form = av.VideoFormat(name, 64, 64)
    components = [c for c in form.components if not c.is_alpha]
    has_alpha = len(components) < len(form.components)
    if name in _PACKED:
        step, bits = _PACKED[name]
        return PixelLayout(name, "rgb", bits, 0, 0, (0,), step, step == 4)
    bits = components[0].bits
    if len(components) == 1:
        return PixelLayout(name, "gray", bits, 0, 0, (components[0].plane,), 1, has_alpha)
    planes = tuple(c.plane for c in components)
    if form.is_rgb:
        return PixelLayout(name, "rgb", bits, 0, 0, planes, 1, has_alpha)
    shift_x = (64 // form.chroma_width(64)).bit_length() - 1
    shift_y = (64 // form.chroma_height(64)).bit_length() - 1
    return PixelLayout(name, "yuv", bits, shift_x, shift_y, planes, 1, has_alpha)
