"""What image files carry beside pixels (EXIF, colour profiles, captions), found and put back byte for byte.

libav's image encoders write some of it (PNG: EXIF and profile; JPEG: profile) and drop the rest. Layouts: JPEG
ITU-T T.81 annex B, PNG 3rd edition section 5, TIFF 6.0 section 2, WebP's RIFF container (RFC 9649).
"""

from __future__ import annotations

import struct

from mien.video.orientation import Orientation

_EXIF_MARK = b"Exif\0\0"
_ORIENTATION_TAG = 0x0112
_PROFILE_TAG = 0x8773


def jpeg_segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker segments of a JPEG file before its picture: ``(marker, payload)``."""
    segments, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xDA or length < 2:
            break
        segments.append((marker, data[place + 4 : place + 2 + length]))
        place += 2 + length
    return segments


def _webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        chunks.append((data[place : place + 4], data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return chunks


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def exif_block(data: bytes) -> bytes | None:
    """The EXIF data of an image file (a little TIFF file), or None. A TIFF file is its own."""
    if data[:2] == b"\xff\xd8":
        found = [body for marker, body in jpeg_segments(data) if marker == 0xE1 and body.startswith(_EXIF_MARK)]
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        found = [body for name, body in _png_chunks(data) if name == b"eXIf"]
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = [body for name, body in _webp_chunks(data) if name == b"EXIF"]
    else:
        found = [data] if data[:4] in (b"II*\0", b"MM\0*") else []
    return found[0].removeprefix(_EXIF_MARK) if found else None


def _tiff_tag(block: bytes | None, wanted: int) -> int | None:
    """A tag's value in the first directory of a TIFF structure, or None when absent or damaged."""
    if block is None or block[:2] not in (b"II", b"MM"):
        return None
    order = "<" if block[:2] == b"II" else ">"
    try:
        (place,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, place)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", block, place + 2 + 12 * entry)
            if tag == wanted:
                return int(value)
    except struct.error:
        pass
    return None


def image_orientation(data: bytes) -> Orientation:
    """How an image file asks to be turned, by its EXIF orientation; as stored when it does not ask or is damaged."""
    return exif_orientation(_tiff_tag(exif_block(data), _ORIENTATION_TAG) or 1)


def has_profile(data: bytes) -> bool:
    """Whether an image file carries a colour profile."""
    if data[:2] == b"\xff\xd8":
        return any(marker == 0xE2 and body.startswith(b"ICC_PROFILE") for marker, body in jpeg_segments(data))
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return any(name == b"iCCP" for name, _ in _png_chunks(data))
    if data[8:12] == b"WEBP":
        return any(name == b"ICCP" for name, _ in _webp_chunks(data))
    return _tiff_tag(data, _PROFILE_TAG) is not None


def exif_orientation(value: int) -> Orientation:
    """The turn that an EXIF orientation number asks for (1-8; anything else counts as 1, as viewers do)."""
    table = {2: (False, True, False), 3: (False, True, True), 4: (False, False, True), 5: (True, False, False),
             6: (True, True, False), 7: (True, True, True), 8: (True, False, True)}  # fmt: skip
    return Orientation(*table.get(value, (False, False, False)))


def with_embedded(encoded: bytes, original: bytes) -> bytes:
    """A newly encoded image with what its original carried and the encoder left out.

    Args:
        encoded: the new file, of the original's format.
        original: the old file.
    """
    if encoded[:2] == b"\xff\xd8" and original[:2] == b"\xff\xd8":
        return _jpeg_with(encoded, original)
    if encoded[8:12] == b"WEBP" and original[8:12] == b"WEBP":
        return _webp_with(encoded, original)
    return encoded


def _jpeg_with(encoded: bytes, original: bytes) -> bytes:
    """JPEG: EXIF, XMP, IPTC and comments; the profile too where the encoder did not write it."""
    profile = any(marker == 0xE2 for marker, _ in jpeg_segments(encoded))
    wanted = {0xE1, 0xED, 0xFE} | (set() if profile else {0xE2})
    kept = b"".join(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
                    for marker, body in jpeg_segments(original) if marker in wanted)  # fmt: skip
    start = 2
    if encoded[2:4] == b"\xff\xe0":  # JFIF comes first
        start = 4 + int.from_bytes(encoded[4:6], "big")
    return encoded[:start] + kept + encoded[start:]


def _webp_with(encoded: bytes, original: bytes) -> bytes:
    """WebP: EXIF, XMP and profile, in the extended container, which a plain encoder's file is wrapped into."""
    extra = {name: body for name, body in _webp_chunks(original) if name in (b"ICCP", b"EXIF", b"XMP ")}
    chunks = _webp_chunks(encoded)
    header = next((body for name, body in _webp_chunks(original) if name == b"VP8X"), None)
    if not extra or header is None:
        return encoded
    alpha = 0x10 if any(name in (b"ALPH", b"VP8L") for name, _ in chunks) and header[0] & 0x10 else 0
    flags = (
        alpha
        | (0x20 if b"ICCP" in extra else 0)
        | (0x08 if b"EXIF" in extra else 0)
        | (0x04 if b"XMP " in extra else 0)
    )
    parts = [(b"VP8X", bytes((flags, 0, 0, 0)) + header[4:10])]
    parts += [(b"ICCP", extra[b"ICCP"])] if b"ICCP" in extra else []
    parts += [(name, body) for name, body in chunks if name != b"VP8X"]
    parts += [(name, extra[name]) for name in (b"EXIF", b"XMP ") if name in extra]
    body = b"WEBP" + b"".join(n + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) for n, b in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
