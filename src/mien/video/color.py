"""Colour tags of a picture and the exact numbers between its samples and RGB.

Matrices: ITU-R BT.601, BT.709, BT.2020 (non-constant luminance), SMPTE 240M and FCC, each given by its two luma
weights; limited ("TV") and full ("PC") range as in ITU-R BT.2100 table 9. The integers of the tags are those of
ITU-T H.273, which libav and every modern container share.
"""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import ClipError

UNSPECIFIED = 2
"""H.273's value for "not said" in matrix, primaries and transfer (for the range libav uses 0)."""

FULL_RANGE = 2
LIMITED_RANGE = 1

_MATRIX_NAMES = {0: "rgb", 1: "bt709", 2: "unspecified", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m",
                 8: "ycgco", 9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 14: "ictcp"}  # fmt: skip
_PRIMARIES_NAMES = {1: "bt709", 2: "unspecified", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m",
                    8: "film", 9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
_TRANSFER_NAMES = {1: "bt709", 2: "unspecified", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m",
                   8: "linear", 9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "srgb",
                   14: "bt2020-10", 15: "bt2020-12", 16: "pq", 17: "smpte428", 18: "hlg"}  # fmt: skip
_RANGE_NAMES = {0: "unspecified", 1: "limited", 2: "full"}

_LUMA_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""Matrix tag -> (Kr, Kb), the weights of red and blue in luma."""


@dataclass(frozen=True, slots=True)
class ColorTags:
    """What a stream says about its colours, as H.273 integers (range: 0 not said, 1 limited, 2 full)."""

    matrix: int = UNSPECIFIED
    color_range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @property
    def matrix_name(self) -> str:
        """Name of the YCbCr matrix, such as ``"bt709"``."""
        return _MATRIX_NAMES.get(self.matrix, str(self.matrix))

    @property
    def range_name(self) -> str:
        """``"limited"``, ``"full"`` or ``"unspecified"``."""
        return _RANGE_NAMES.get(self.color_range, str(self.color_range))

    @property
    def primaries_name(self) -> str:
        """Name of the primaries, such as ``"bt2020"``."""
        return _PRIMARIES_NAMES.get(self.primaries, str(self.primaries))

    @property
    def transfer_name(self) -> str:
        """Name of the transfer function, such as ``"pq"``."""
        return _TRANSFER_NAMES.get(self.transfer, str(self.transfer))


@dataclass(frozen=True, slots=True)
class YuvScale:
    """Numbers that turn samples into RGB 0-1 and back.

    ``luma = luma_offset + luma_range * (Kr R + Kg G + Kb B)``, ``chroma = chroma_offset + chroma_range * C`` with
    ``Cb = (B - Y) / (2 - 2 Kb)`` and ``Cr = (R - Y) / (2 - 2 Kr)``, all of R, G, B in 0-1.
    """

    kr: float
    kb: float
    luma_offset: float
    luma_range: float
    chroma_offset: float
    chroma_range: float
    peak: int
    """Largest sample value, ``2**bits - 1``."""


def resolve_matrix(matrix: int, height: int) -> int:
    """The matrix to decode with: the tagged one, or for an untagged picture the guess that players make.

    Args:
        matrix: H.273 matrix tag.
        height: stored height of the picture, px; 720 rows and more are taken as BT.709, fewer as BT.601.

    Returns:
        A tag of one of the matrices that have luma weights.

    Raises:
        ClipError: the picture is tagged with a matrix that is not linear in RGB (ICtCp, YCgCo, ...).
    """
    if matrix in (UNSPECIFIED, 3, 0):
        return 1 if height >= 720 else 6
    if matrix not in _LUMA_WEIGHTS:
        name = _MATRIX_NAMES.get(matrix, f"number {matrix}")
        raise ClipError(
            f"The clip's colours are coded with the matrix {name}, which mien does not read; "
            "convert the clip to BT.709 or BT.2020 first."
        )
    return matrix


def yuv_scale(matrix: int, full_range: bool, bits: int) -> YuvScale:
    """The conversion numbers for a resolved matrix, a range and a bit depth (8 to 16)."""
    kr, kb = _LUMA_WEIGHTS[matrix]
    peak = 2**bits - 1
    step = float(2 ** (bits - 8))
    if full_range:
        return YuvScale(kr, kb, 0.0, float(peak), 128 * step, float(peak), peak)
    return YuvScale(kr, kb, 16 * step, 219 * step, 128 * step, 224 * step, peak)
