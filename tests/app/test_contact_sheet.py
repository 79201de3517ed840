from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.app.contact_sheet import Row, assemble, compare, even_times, frames_at, write_png
from mien.app.lettering import draw_text, text_size
from mien.errors import InputError, OutputError
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.provenance import claim_of, sign

from .conftest import MakeClip, run_here


def test_frames_are_those_on_the_screen(make_clip: MakeClip) -> None:
    """Frames at 0, 0.04, 0.06, 0.2 s: at any time the last one that has begun is shown."""
    clip = Clip.open(make_clip("in.mp4", pts=[0, 512, 768, 2560], audio=0))
    shown = [frame.index for frame in frames_at(clip, np.array([0.0, 0.01, 0.04, 0.05, 0.06, 0.19, 0.2, 9.0]))]
    assert shown == [0, 0, 1, 1, 2, 2, 3, 3]


def test_times_lie_in_what_both_clips_have(make_clip: MakeClip, head_clip: Path) -> None:
    short = Clip.open(make_clip("short.mp4", frames=5, audio=0))
    times_s = even_times(Clip.open(head_clip), short, 4)
    np.testing.assert_allclose(times_s, np.array([0.125, 0.375, 0.625, 0.875]) * 0.2)
    for count in (0, 41):
        with pytest.raises(InputError):
            even_times(short, short, count)


def test_a_clip_beside_itself_gives_equal_rows(head_clip: Path) -> None:
    clip = Clip.open(head_clip)
    rows, labels = compare(clip, clip, even_times(clip, clip, 2))
    assert labels == ["0.12 s", "0.36 s"]
    assert [row.label for row in rows] == ["before", "after"]
    for before, after in zip(rows[0].pictures, rows[1].pictures, strict=True):
        np.testing.assert_array_equal(before, after)


def test_layout_holds_every_picture() -> None:
    pictures = [np.full((30, 50, 3), 100 + 10 * number, np.uint8) for number in range(6)]
    sheet = assemble([Row("a", tuple(pictures[:3])), Row("b", tuple(pictures[3:]))], ["1", "2", "3"])
    for number in range(6):
        assert (sheet[..., 0] == 100 + 10 * number).sum() == 30 * 50
    with pytest.raises(InputError):
        assemble([Row("a", tuple(pictures[:2]))], ["1", "2", "3"])


def test_text_fills_its_size_and_is_cut_at_edges() -> None:
    width, height = text_size("happy 0.8 s", 2)
    image = np.zeros((height, width, 3), np.uint8)
    draw_text(image, "happy 0.8 s", 0, 0, 2)
    columns = np.flatnonzero(image.any(axis=(0, 2)))
    assert (columns[0], columns[-1]) == (0, width - 1)
    for x, y in ((-20, -5), (width - 10, height - 6), (2 * width, 0), (0, -100)):
        small = np.zeros_like(image)
        draw_text(small, "happy 0.8 s", x, y, 2)
        expected = np.zeros((3 * height, 4 * width, 3), np.uint8)
        if -height <= y:
            draw_text(expected, "happy 0.8 s", x + width, y + height, 2)
        np.testing.assert_array_equal(small, expected[height : 2 * height, width : 2 * width])


def test_letters_differ_and_unknown_ones_are_marked() -> None:
    def drawn(letter: str) -> bytes:
        image = np.zeros((9, 5, 3), np.uint8)
        draw_text(image, letter, 0, 0, 1)
        return image.tobytes()

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:-+%/_?"
    assert len({drawn(letter) for letter in letters}) == len(letters)
    assert drawn("é") == drawn("?")
    assert drawn("A") == drawn("a")


def test_png_round_trip_and_errors(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (17, 23, 3)).astype(np.uint8)
    write_png(image, tmp_path / "a.png")
    np.testing.assert_array_equal(next(iter(Clip.open(tmp_path / "a.png").frames())).rgb(), image)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(OutputError):
        write_png(image, tmp_path / "none" / "a.png")


def test_the_sheet_of_an_edited_clip_says_so(make_clip: MakeClip, tmp_path: Path) -> None:
    plain, edited = make_clip("plain.mp4", frames=3), make_clip("edited.mp4", frames=3)
    sign(edited, EditClaim("instant", ("happy", "AU4"), plain))
    for after, name in ((plain, "plain.png"), (edited, "edited.png")):
        assert run_here("sheet", plain, after, "-o", name, "--count", "1").returncode == 0
    assert claim_of(tmp_path / "plain.png") is None
    assert claim_of(tmp_path / "edited.png") == EditClaim("instant", ("happy", "AU4"), tmp_path / "edited.png")
    pictures = [next(iter(Clip.open(tmp_path / f"{name}.png").frames())).rgb() for name in ("plain", "edited")]
    np.testing.assert_array_equal(*pictures)
