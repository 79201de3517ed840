"""Images and folders of images as clips: same size, depth, names and embedded data out as in."""

from __future__ import annotations

import warnings
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ClipError, OutputError
from mien.types import Box
from mien.video import Clip, ClipWriter, EncoderSettings, MienWarning, transcode
from mien.video.embedded import exif_block, exif_orientation, image_orientation, jpeg_segments, with_embedded

FORMATS = [("a.png", "png", "rgb24"), ("a.png", "png", "rgb48be"), ("a.png", "png", "gray"), ("a.png", "png", "rgba"),
           ("a.png", "png", "gray16be"), ("a.tif", "tiff", "rgb24"), ("a.tiff", "tiff", "rgb48le"),
           ("a.tif", "tiff", "gray16le"), ("a.jpg", "mjpeg", "yuvj420p"), ("a.jpeg", "mjpeg", "yuvj444p"),
           ("a.webp", "libwebp", "yuv420p"), ("a.webp", "libwebp", "bgra")]  # fmt: skip


def write_image(path, encoder, pixel_format, width=45, height=31, shade=0, exif=None):
    rows, columns = np.mgrid[0:height, 0:width]
    rgb = np.stack([columns * 4 + shade, rows * 6, 255 - columns * 3 - rows], axis=-1)
    picture = av.VideoFrame.from_ndarray(np.clip(rgb, 0, 255).astype(np.uint8), "rgb24").reformat(
        format=pixel_format, dst_colorspace=6, dst_color_range="JPEG" if pixel_format.startswith("yuvj") else None
    )
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt, context.time_base = width, height, pixel_format, Fraction(1, 25)
    context.options = (
        {"lossless": "1"} if pixel_format == "bgra" else {"qmin": "1", "qmax": "2"} if encoder == "mjpeg" else {}
    )
    data = b"".join(bytes(p) for p in [*context.encode(picture), *context.encode(None)])
    if exif is not None:
        segment = b"\xff\xe1" + (len(exif) + 8).to_bytes(2, "big") + b"Exif\0\0" + exif
        data = data[:2] + segment + data[2:]
    path.write_bytes(data)
    return path


def exif_with(orientation, order="<"):
    """A minimal EXIF block with an orientation."""
    import struct

    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize(("name", "encoder", "pixel_format"), FORMATS)
def test_an_image_comes_out_as_it_went_in(tmp_path, name, encoder, pixel_format):
    source = write_image(tmp_path / name, encoder, pixel_format)
    clip = Clip.open(source)
    assert (clip.info.width, clip.info.height, clip.info.is_still, clip.info.frame_count) == (45, 31, True, 1)
    target = tmp_path / ("out" + source.suffix)
    assert transcode(source, target) == 1
    new = Clip.open(target)
    assert (new.info.pixel_format, new.info.bit_depth) == (clip.info.pixel_format, clip.info.bit_depth)
    old_rgb, new_rgb = (next(c.frames()).rgb().astype(float) for c in (clip, new))
    if encoder in ("png", "tiff") or pixel_format == "bgra":
        assert np.array_equal(old_rgb, new_rgb)
    else:
        assert np.abs(old_rgb - new_rgb).mean() < 1.0  # lossy, at the highest quality its encoder has


@pytest.mark.parametrize(("name", "encoder", "pixel_format"), FORMATS)
def test_an_edit_of_an_image_changes_its_rectangle(tmp_path, name, encoder, pixel_format):
    clip = Clip.open(write_image(tmp_path / name, encoder, pixel_format))
    box = Box(8, 6, 28, 20)
    target = tmp_path / ("out" + clip.path.suffix)
    frame = next(clip.frames())
    before = frame.crop(box)
    after = np.clip(before * 0.5 + 0.3, 0, 1)
    with ClipWriter(target, clip) as writer:
        writer.write(frame.with_change(box, before, after))
    crop = next(Clip.open(target).frames()).crop(box)
    gray = pixel_format.startswith("gray")
    wanted = after if not gray else before + (after - before)
    assert np.abs(crop - wanted)[3:-3, 3:-3].mean() < 0.02
    assert np.abs(crop - before).mean() > 0.05


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_shown_and_kept(tmp_path, orientation):
    exif = exif_with(orientation, ">" if orientation % 2 else "<")
    source = write_image(tmp_path / "a.jpg", "mjpeg", "yuvj444p", exif=exif)
    plain = write_image(tmp_path / "plain.jpg", "mjpeg", "yuvj444p")
    clip = Clip.open(source)
    stored = next(Clip.open(plain).frames()).rgb()
    turns = {1: stored, 2: stored[:, ::-1], 3: np.rot90(stored, 2), 4: stored[::-1], 5: stored.swapaxes(0, 1),
             6: np.rot90(stored, -1), 7: np.rot90(stored, 2).swapaxes(0, 1), 8: np.rot90(stored)}  # fmt: skip
    assert np.array_equal(next(clip.frames()).rgb(), turns[orientation])
    transcode(source, tmp_path / "out.jpg")
    out = tmp_path / "out.jpg"
    assert exif_block(out.read_bytes()) == exif
    assert Clip.open(out).info.rotation_deg == clip.info.rotation_deg
    assert Clip.open(out).info.is_mirrored == clip.info.is_mirrored
    # Another format gets the picture upright.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MienWarning)
        transcode(source, tmp_path / "out.png")
    assert np.array_equal(next(Clip.open(tmp_path / "out.png").frames()).rgb(), turns[orientation])


def test_png_exif_is_kept(tmp_path):
    import struct
    import zlib

    source = write_image(tmp_path / "a.png", "png", "rgb24")
    data = source.read_bytes()
    body = b"eXIf" + exif_with(6)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    source.write_bytes(data[:33] + chunk + data[33:])
    transcode(source, tmp_path / "out.png")
    assert Clip.open(tmp_path / "out.png").info.rotation_deg == Clip.open(source).info.rotation_deg == 90


def test_webp_exif_is_kept(tmp_path):
    plain = write_image(tmp_path / "a.webp", "libwebp", "yuv420p").read_bytes()
    exif = exif_with(3)
    size = (45 - 1).to_bytes(3, "little") + (31 - 1).to_bytes(3, "little")
    extended = b"VP8X" + (10).to_bytes(4, "little") + b"\x08\0\0\0" + size
    tail = b"EXIF" + len(exif).to_bytes(4, "little") + exif + b"\0" * (len(exif) % 2)
    body = b"WEBP" + extended + plain[12:] + tail
    (tmp_path / "a.webp").write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    transcode(tmp_path / "a.webp", tmp_path / "out.webp")
    out = (tmp_path / "out.webp").read_bytes()
    assert exif_block(out) == exif
    assert int.from_bytes(out[4:8], "little") == len(out) - 8
    assert Clip.open(tmp_path / "out.webp").info.rotation_deg == 180


def test_a_folder_is_read_by_number_and_written_with_its_names(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (1, 2, 9, 10, 11):
        write_image(folder / f"shot_{number}.png", "png", "rgb24", shade=number * 4)
    (folder / "notes.txt").write_text("not an image")
    clip = Clip.open(folder, frame_rate=Fraction(30))
    assert (clip.info.is_folder, clip.info.frame_count, clip.info.frame_rate) == (True, 5, 30)
    assert clip.count_frames() == 5
    frames = list(clip.frames())
    assert [int(f.rgb()[0, 0, 0]) for f in frames] == [4, 8, 36, 40, 44]
    assert [f.time_s for f in frames] == pytest.approx([i / 30 for i in range(5)])
    assert transcode(folder, tmp_path / "out") == 5
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(p.name for p in folder.glob("*.png"))
    assert np.array_equal(next(Clip.open(tmp_path / "out").frames(3)).rgb(), frames[3].rgb())
    with pytest.raises(OutputError, match="not an empty folder"):
        transcode(folder, tmp_path / "out")
    with pytest.raises(OutputError, match="cannot be written as one"):
        transcode(folder, tmp_path / "out.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]


def test_a_folder_of_images_becomes_a_video(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(4):
        write_image(folder / f"{number}.png", "png", "rgb24", width=46, height=32, shade=number * 4)
    with pytest.warns(MienWarning, match="BT.709"):
        transcode(folder, tmp_path / "out.mp4", EncoderSettings(quality=1, preset="ultrafast"))
    clip = Clip.open(tmp_path / "out.mp4")
    assert (clip.info.chroma, clip.info.color_space, clip.info.frame_rate) == ("4:2:0", "bt709", 25)
    old, new = (next(Clip.open(p).frames()).rgb().astype(float) for p in (folder, tmp_path / "out.mp4"))
    assert np.abs(old - new)[2:-2, 2:-2].mean() < 4  # chroma at half resolution on steep slopes


def test_an_exception_leaves_no_folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        write_image(folder / f"{number}.png", "png", "rgb24")
    clip = Clip.open(folder)

    def fail() -> None:
        with ClipWriter(tmp_path / "out", clip) as writer:
            for frame in clip.frames():
                writer.write(frame)
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_folders_that_are_no_clip(tmp_path):
    with pytest.raises(ClipError, match="holds no images"):
        Clip.open(tmp_path)
    write_image(tmp_path / "1.png", "png", "rgb24")
    write_image(tmp_path / "2.jpg", "mjpeg", "yuvj420p")
    with pytest.raises(ClipError, match="mixes image formats"):
        Clip.open(tmp_path)
    (tmp_path / "2.jpg").unlink()
    write_image(tmp_path / "2.png", "png", "rgb24", width=50)
    with pytest.raises(ClipError, match="changes its size at frame 1"):
        list(Clip.open(tmp_path).frames())


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_damaged_embedded_data_never_raises(data):
    for head in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0", b"MM\0*"):
        assert image_orientation(head + data) is not None
        with_embedded(head + data, head + data)


def test_jpeg_comments_survive(tmp_path):
    source = write_image(tmp_path / "a.jpg", "mjpeg", "yuvj420p", exif=exif_with(1))
    data = source.read_bytes()
    source.write_bytes(data[:2] + b"\xff\xfe\x00\x07hello" + data[2:])
    transcode(source, tmp_path / "b.jpg")
    assert (0xFE, b"hello") in jpeg_segments((tmp_path / "b.jpg").read_bytes())
    assert exif_orientation(77) == exif_orientation(1)
