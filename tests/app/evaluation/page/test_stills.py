"""Pictures of the page against another decoder, and which frames they show."""

from __future__ import annotations

import dataclasses
import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data as pictures

from mien.app.evaluation.page import moments
from mien.app.evaluation.page.stills import cut, encode_jpeg, signed, whole
from mien.errors import ClipError, InputError, OutputError
from mien.reconstruction.analysis import analyse
from mien.types import Box
from mien.video.claim import EditClaim
from mien.video.clip import Clip
from mien.video.provenance import claim_of, read

from .conftest import Edited
from .evaluations import clean, sample


def decoded(jpeg: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(np.float64)


def test_a_jpeg_has_the_pictures_colours() -> None:
    """Pillow decodes it. At quantiser 2 the error is that of rounding the coefficients; a swapped matrix or range
    would leave a mean error of several levels, chroma subsampling one at the edges of plain colours."""
    rgb = pictures.astronaut()
    error = decoded(encode_jpeg(rgb)) - rgb
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.25
    assert np.sqrt((error**2).mean()) < 2.5
    patches = np.zeros((32, 32, 3), np.uint8)
    patches[:, :16], patches[:, 16:] = (255, 0, 0), (0, 0, 255)
    assert np.abs(decoded(encode_jpeg(patches, 1)) - patches).max() <= 6


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_other_arrays_are_refused(wrong: np.ndarray[Any, Any]) -> None:
    with pytest.raises(InputError, match="expected uint8"):
        encode_jpeg(wrong)


def test_stills_are_at_full_size_and_say_when_not(edited: Edited) -> None:
    frame = next(Clip.open(edited.source).frames())
    full, small = cut(frame, Box(100, 50, 300, 350), 400), whole(frame, 128)
    assert (full.width, full.height, full.scale) == (200, 300, 1.0)
    assert decoded(full.jpeg).shape == (300, 200, 3)
    assert np.sqrt(((decoded(full.jpeg) - frame.rgb()[50:350, 100:300]) ** 2).mean()) < 2.5
    assert (small.width, small.height, small.scale) == (128, 128, 0.25)


def test_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24")))
        output.mux(stream.encode(None))
    frame = next(Clip.open(path).frames())
    assert frame.pixel_aspect == 2
    assert (whole(frame, 1000).width, whole(frame, 1000).height) == (128, 64)


def test_pictures_of_an_edit_say_so(edited: Edited, tmp_path: Path) -> None:
    """Taken out of the page, each holds a valid manifest; the pixels are the same."""
    claim = claim_of(edited.result)
    still = whole(next(Clip.open(edited.result).frames()), 1000)
    (made,) = signed([still], claim)
    (tmp_path / "still.jpg").write_bytes(made.jpeg)
    store = read(tmp_path / "still.jpg")
    assert store is not None
    assert store["validation_state"] in ("Valid", "Trusted")
    found = claim_of(tmp_path / "still.jpg")
    assert found is not None
    assert (found.system, found.emotions) == ("instant", ("happy", "sad"))
    assert np.array_equal(decoded(made.jpeg), decoded(still.jpeg))
    assert signed([still], None) == [still]


def test_pairs_show_the_same_time(edited: Edited, tmp_path: Path) -> None:
    """A result with every other frame, its times kept: frame n belongs to frame 2n of the source."""
    slow = tmp_path / "half.mkv"
    with av.open(str(edited.source)) as before, av.open(str(slow), "w") as output:
        shown = before.streams.video[0]
        stream: Any = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = shown.width, shown.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = shown.time_base
        for number, frame in enumerate(before.decode(shown)):
            if number % 2 == 0:
                frame.pict_type = 0
                output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    pairs = moments._pairs(Clip.open(edited.source), Clip.open(slow), [0, 7, 30])
    assert [(source.index, result.index) for source, result in pairs] == [(0, 0), (14, 7), (60, 30)]


def test_moments(edited: Edited, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where figures are worst and where emotions are strongest; after them everything else is only named."""
    evaluation = sample(str(edited.source), str(edited.result))
    analysis = analyse(Clip.open(edited.source))
    found = moments.find_moments(evaluation, analysis, None)
    assert [(moment.frame, [figure.key for figure in moment.figures]) for moment in found if moment.figures] == [
        (19, ["jitter_ratio"]),
        (44, ["lip_correlation", "lip_error"]),
        (63, ["CPBD"]),
    ]
    # Whole frames where something is wrong, and where the picture, not the face, is the matter.
    assert [(m.frame, m.faces is not None, m.frames is not None) for m in found] == [
        (19, True, True), (44, True, True), (63, False, True),
    ]  # fmt: skip
    peaks = {moment.peak: moment for moment in found if moment.peak}
    assert list(peaks) == ["Happy at 1"]
    assert 25 <= peaks["Happy at 1"].frame <= 63
    # The face is cut out of both at one place, and the source's face is in it.
    moment = found[0]
    assert moment.faces is not None
    face = analysis.faces_at(moment.frame)[0].track.landmarks(moment.frame, moment.frame + 1)[0]
    wide, high = np.ptp(face[:, :2], axis=0)
    assert wide < moment.faces[0].width <= 512
    assert high < moment.faces[0].height <= 512
    assert (moment.faces[0].width, moment.faces[0].height) == (moment.faces[1].width, moment.faces[1].height)
    monkeypatch.setattr(moments, "MOST_WORST", 1)
    assert [f.key for m in moments.find_moments(evaluation, analysis, None) for f in m.figures] == [
        "lip_correlation",
        "lip_error",
    ]


def test_pictures_become_smaller_where_there_are_too_many(edited: Edited, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = sample(str(edited.source), str(edited.result))
    monkeypatch.setattr(moments, "PICTURE_BYTES", 120_000)
    monkeypatch.setattr(moments, "SIZES", ((2000, 2000), (256, 128), (128, 64)))
    found = moments.find_moments(evaluation, analyse(Clip.open(edited.source)), None)
    assert all(moment.main[1].scale < 1 for moment in found)
    stills = [still for moment in found for still in (*(moment.frames or ()), *(moment.faces or ()))]
    assert sum(len(still.jpeg) for still in stills) <= 120_000


def test_a_clip_replaced_since_is_told(edited: Edited) -> None:
    evaluation = sample(str(edited.source), str(edited.result), frames=400)
    with pytest.raises(ClipError, match=r"has no frame \d+, which the evaluation names"):
        moments.find_moments(evaluation, analyse(Clip.open(edited.source)), None)


def test_what_is_shown_where_nothing_is_known_of_the_emotion(edited: Edited) -> None:
    evaluation = clean(sample("a", "b"))
    for emotion, frames in (("", {32}), ("2: sad", {32}), ("neutral", {32}), ("0 happy 0.5, 2 sad 1", None)):
        _, peaks = moments.wanted(dataclasses.replace(evaluation, emotion=emotion))
        if frames is not None:
            assert set(peaks) == frames
        else:
            assert set(peaks.values()) == {"Happy at 0.5", "Sad at 1"}


def test_signing_an_unreadable_claim_is_an_error_of_ours(edited: Edited, tmp_path: Path) -> None:
    still = whole(next(Clip.open(edited.result).frames()), 64)
    with pytest.raises(OutputError, match="cannot be read"):
        signed([still], EditClaim("instant", ("happy",), tmp_path / "gone.mp4"))
