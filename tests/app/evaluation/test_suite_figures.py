"""What only a suite as a whole has: LIE by renders of a calm frame, FID and FED against footage, the papers' tables.

The networks are small ones with arithmetic that can be done by hand: what is tested is what is measured, not them.
"""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import sqrtm

import mien
from mien.app.contact_sheet import write_png
from mien.app.evaluation import suite_evenness, suite_footage
from mien.app.evaluation.folder import Finished
from mien.app.evaluation.progress import Share
from mien.app.evaluation.suite_evenness import lie_figures
from mien.app.evaluation.suite_file import Render, Suite, SuiteSystem
from mien.app.evaluation.suite_footage import NO_FOOTAGE, footage_figures
from mien.app.evaluation.suite_results import summarise
from mien.app.evaluation.suite_summary import PublishedTable, SuiteClip, SuiteFigure, SuiteSummary
from mien.metrics.evaluation import clip_features, evenness
from mien.metrics.evaluation.evaluation import Evaluation, Figure
from mien.metrics.evaluation.ruler import picture_of
from mien.metrics.feature_network import FeatureNetwork
from mien.metrics.picture_distance import PictureDistance
from mien.metrics.pixel_distance import APD_NAME

from ..conftest import ClipRecipe, head, write_clip


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head's clip ``talk.mp4`` and its edit ``happy.mp4``; not to be written to."""
    folder = tmp_path_factory.mktemp("talk")
    source = write_clip(folder / "talk.mp4", head, ClipRecipe(frames=24))
    mien.edit(source, "happy 1").save(folder / "happy.mp4")
    return source


SMALL = FeatureNetwork(
    "FID[face-api]", 3, lambda rgb, points: np.append(rgb.mean(axis=(0, 1))[:2], points[14, 1]).astype(np.float32)
)


def suite(source: Path, **changes: Any) -> Suite:
    plain = Suite("s", source.parent / "s.toml", (source,), ("happy",), (1.0,), (SuiteSystem("instant", "instant"),))
    return dataclasses.replace(plain, **changes)


def evaluation(*figures: Figure, target: str | None = None) -> Evaluation:
    return Evaluation("talk.mp4", "happy.mp4", target, "happy 1", "instant", 256, 256, 24, 1.0, figures)


@pytest.fixture
def one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {key: f"Not available: run `mien weights get {key}`." for key in clip_features.FIGURES}
    del missing[SMALL.figure]
    monkeypatch.setattr(suite_footage, "networks", lambda: ({SMALL.figure: SMALL}, missing))


def footage(asked: Suite, result: Path, target: Path | None, place: Path) -> list[SuiteFigure]:
    render = Render(asked.sources[0], "happy", 1.0, asked.systems[0], None, target)
    done = Finished(result, place, evaluation())
    return footage_figures(asked, [render], [done], place, Share(1, None).part(0))


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    covs = [np.cov(rows.astype(float), rowvar=False) for rows in (first, second)]
    apart = first.astype(float).mean(axis=0) - second.astype(float).mean(axis=0)
    return float(apart @ apart + np.trace(covs[0] + covs[1] - 2 * sqrtm(covs[0] @ covs[1]).real))


@pytest.mark.usefixtures("one_network")
def test_fid_is_that_of_the_rendered_and_the_real_frames(talk: Path, tmp_path: Path) -> None:
    result = talk.with_name("happy.mp4")
    figures = {(f.key, f.emotion): f for f in footage(suite(talk), result, talk, tmp_path / "features")}
    of_each = [clip_features.clip_features(path, {SMALL.figure: SMALL})[SMALL.figure] for path in (result, talk)]
    assert [rows.shape for rows in of_each] == [(3, 3), (3, 3)]  # frames 0, 10 and 20
    # Tolerance: three features make singular covariances, of which SciPy's root keeps half of the digits.
    assert figures[SMALL.figure, "happy"].value == pytest.approx(frechet(*of_each), rel=1e-4, abs=1e-4)
    assert figures[SMALL.figure, "happy"].value > 0
    assert "3 frames rendered against 3" in figures[SMALL.figure, "happy"].sentence
    assert figures[SMALL.figure, ""].value == figures[SMALL.figure, "happy"].value
    assert "mien weights get FED" in figures["FED", ""].sentence


@pytest.mark.usefixtures("one_network")
def test_what_was_seen_is_kept_and_damage_is_seen(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = footage(suite(talk), talk.with_name("happy.mp4"), talk, tmp_path)
    kept = sorted(tmp_path.glob("*.npz"))
    assert len(kept) == 2
    seen: list[Path] = []
    monkeypatch.setattr(
        suite_footage,
        "clip_features",
        lambda path, given: seen.append(path) or clip_features.clip_features(path, given),
    )
    assert footage(suite(talk), talk.with_name("happy.mp4"), talk, tmp_path) == first
    assert seen == []
    next(path for path in kept if path.name.startswith("talk")).write_bytes(b"PK damaged")
    assert footage(suite(talk), talk.with_name("happy.mp4"), talk, tmp_path) == first
    assert seen == [talk]


@pytest.mark.usefixtures("one_network")
def test_without_footage_it_says_what_is_needed(talk: Path, tmp_path: Path) -> None:
    figures = {f.key: f for f in footage(suite(talk), talk.with_name("happy.mp4"), None, tmp_path / "features")}
    assert figures[SMALL.figure].value is None
    assert figures[SMALL.figure].sentence == NO_FOOTAGE
    assert "mien weights get FID" in figures["FID"].sentence
    assert not (tmp_path / "features").exists()


def test_lie_is_that_of_the_calm_frames_renders(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The grey difference stands in for LPIPS; the renders are the public API's."""
    grey = PictureDistance("grey", lambda a, b: float(np.abs(a.astype(float) - b).mean()))
    monkeypatch.setattr(suite_evenness, "distances_for", lambda _calm: ([grey], {}))
    monkeypatch.setattr(suite_evenness, "FIGURES", ("LIE[grey]",))
    figures = lie_figures(suite(talk, lie_intensities=5), tmp_path / "lie", Share(1, None).part(0))
    assert [(f.key, f.emotion) for f in figures] == [("LIE[grey]", "happy"), ("LIE[grey]", "")]
    assert "5 intensities, the paper takes 100" in figures[0].sentence

    calm = evenness.calm_frame(talk)
    assert calm is not None
    write_png(calm.picture, tmp_path / "still.png")
    analysis = mien.open(tmp_path / "still.png").analyse(cache=False)
    cuts = [
        calm.cut(picture_of(next(mien.load("instant").render(analysis, f"happy {step}")))).astype(float)
        for step in (0, 0.25, 0.5, 0.75, 1)
    ]
    steps = [np.abs(after - before).mean() for before, after in pairwise(cuts)]
    assert figures[0].value == pytest.approx(np.std(steps) / np.mean(steps), rel=1e-9)
    assert figures[1].value == figures[0].value

    monkeypatch.setattr(suite_evenness, "evenness", None)  # what was measured is not measured again
    assert lie_figures(suite(talk, lie_intensities=5), tmp_path / "lie", Share(1, None).part(0)) == figures


def test_lie_that_cannot_be_measured_says_why(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    off = lie_figures(suite(talk, lie_intensities=0), tmp_path / "lie", Share(1, None).part(0))
    assert all(f.value is None and "lie_intensities" in f.sentence for f in off)
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("MIEN_SHARED", str(tmp_path / "none"))
    figures = {f.key: f for f in lie_figures(suite(talk), tmp_path / "lie", Share(1, None).part(0))}
    for key, name in (("LPIPS-Alex", "lpips-alex"), ("LPIPS-VGG", "lpips-vgg"), ("mini-xception", "mini-xception")):
        assert figures[f"LIE[{key}]"].value is None
        assert f"mien weights get {name}" in figures[f"LIE[{key}]"].sentence


def test_the_calm_frames_square(talk: Path) -> None:
    calm = evenness.calm_frame(talk)
    assert calm is not None
    height, width = calm.picture.shape[:2]
    assert 0 <= calm.box.x0 < calm.box.x1 <= width
    assert 0 <= calm.box.y0 < calm.box.y1 <= height
    assert calm.box.width == calm.box.y1 - calm.box.y0
    # Landmarks move with the pixels: a ramp read at a landmark is the same in the picture and in its cut.
    ramp = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :, None] / 2, (height, width, 3)).astype(np.uint8)
    x, y = calm.landmarks[1, :2].round().astype(int)
    assert abs(float(calm.cut(ramp)[y, x, 0]) - calm.face.landmarks[1, 0] / 2) < 1.5


def tables(summary: SuiteSummary) -> dict[tuple[str, str], PublishedTable]:
    return {(table.paper, table.number): table for table in summary.tables}


def test_the_papers_tables_take_figures_by_their_very_names(talk: Path) -> None:
    asked = suite(talk)
    clip = SuiteClip(str(talk), "happy", 1.0, "instant", evaluation=0)
    found = evaluation(
        Figure("ID[face-api]", "Same person", "identity", 0.99),
        Figure("ID", "Same person", "identity", None, sentence="Not available: run `mien weights get arcface`."),
        Figure(APD_NAME, "Pixels", "picture", 3.25),
        Figure("APD (FG-EmoTalk, pose)[mien's fit]", "Pose", "steadiness", 0.0074),
        Figure("LSE-C", "Confidence", "sync", 5.5),
        Figure("ACC_emo[face-api]", "Accuracy", "expression", 0.75),
        target="real.mp4",
    )
    figures = [
        SuiteFigure("FID[face-api]", "instant", "happy", 0.2, "x"),
        SuiteFigure("FID[face-api]", "instant", "", 0.1, "x"),
        SuiteFigure("FID", "instant", "", None, "Not available: run `mien weights get inception-fid`."),
        SuiteFigure("LIE[mini-xception]", "instant", "", 0.445, "x"),
    ]
    all_tables = tables(summarise(asked, [clip], [found], {}, figures))

    def ours(paper: str, number: str) -> dict[str, float | None]:
        row = next(row for row in all_tables[paper, number].rows if row.ours)
        return {key: value for key, value in row.values.items() if value is not None}

    assert ours("CCFE", "Table 4") == {"LIE[mini-xception]": 0.445}
    assert ours("CCFE", "Table 5") == {"FID[face-api]": 0.1, "ID[face-api]": 0.99, "LSE-C": 5.5}
    assert ours("NED", "Table 4") == {APD_NAME: 3.25, "FID[face-api]": 0.1}
    assert ours("DNT", "Table 2") == {"LSE-C": 5.5}  # its CSS
    assert ours("FG-EmoTalk", "Table 1") == {"ACC_emo[face-api]": 0.75}
    assert ours("FG-EmoTalk", "Table 2") == {"APD (FG-EmoTalk, pose)[mien's fit]": 0.0074}
    fifth = all_tables["CCFE", "Table 5"]
    assert [column.key for column in fifth.columns][-2:] == ["FID[face-api]", "ID[face-api]"]
    assert any("inception-fid" in why for why in fifth.missing)
    assert any("arcface" in why for why in fifth.missing)
    for table in all_tables.values():  # nothing of ours under a paper's name that it was not measured as
        assert all(set(row.values) <= {column.key for column in table.columns} for row in table.rows if not row.ours)


def test_what_needs_real_footage_says_so(talk: Path) -> None:
    clip = SuiteClip(str(talk), "happy", 1.0, "instant", evaluation=0)
    all_tables = tables(summarise(suite(talk), [clip], [evaluation()], {}))
    assert f"PSNR. {NO_FOOTAGE}" in all_tables["DNT", "Table 2"].missing
    assert f"{APD_NAME}. {NO_FOOTAGE}" in all_tables["NED", "Table 4"].missing


def test_a_mean_over_some_clips_says_over_how_many(talk: Path) -> None:
    clips = [SuiteClip(str(talk), "happy", value, "instant", evaluation=i) for i, value in enumerate((0.5, 1.0))]
    found = [evaluation(), evaluation(Figure("PSNR", "PSNR", "picture", 30.0), target="real.mp4")]
    table = tables(summarise(suite(talk), clips, found, {}))["DNT", "Table 2"]
    assert table.rows[-1].values["PSNR"] == 30.0
    assert "PSNR. Measured on 1 of 2 clips; the figure is their mean." in table.missing


def test_columns_name_the_classifier(talk: Path) -> None:
    clip = SuiteClip(str(talk), "happy", 1.0, "instant", evaluation=0)
    found = evaluation(
        Figure("recognised[mini-xception]", "Seen", "expression", None),
        Figure("recognised[face-api]:happy", "Seen as happy", "expression", 0.7),
    )
    summary = summarise(suite(talk), [clip], [found], {})
    assert summary.columns[0].key == "recognised[face-api]"
    assert "face-api" in summary.columns[0].label
    assert summary.emotions[0].values["recognised[face-api]"] == 0.7
    assert "recognised[mini-xception]" not in summary.emotions[0].values
