"""The command and its page: two edits of one clip, in a real browser; what is measured is what is shown."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import mien
from mien.app.evaluation.page.words import with_unit
from mien.metrics.directions import direction_of
from mien.video.provenance import read

from ...browser import Browser
from ..conftest import ClipRecipe, assert_refused, head, run_here, write_clip


@dataclass(frozen=True)
class Compared:
    """Two renders, the results of comparing them, and what the command said."""

    source: Path
    first: Path
    second: Path
    folder: Path
    data: dict[str, Any]
    said: str


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """A weak and a strong smile on 40 frames; the source is known from the edit files."""
    folder = tmp_path_factory.mktemp("compare")
    source = write_clip(folder / "source.mp4", head, ClipRecipe(frames=40))
    mien.edit(source, "happy 0.3").save(folder / "a <weak>.mp4")
    mien.edit(source, "happy").save(folder / "b & strong.mp4")
    first, second = folder / "a <weak>.mp4", folder / "b & strong.mp4"
    done = run_here("compare", first, second, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    data = json.loads((folder / "out" / "comparison.json").read_text())
    return Compared(source, first, second, folder / "out", data, done.stdout)


def test_every_figure_has_its_direction(compared: Compared) -> None:
    """A new metric of an evaluation needs its row in the table."""
    assert compared.data["rows"]
    assert [row["key"] for row in compared.data["rows"] if direction_of(row["key"]) is None] == []
    assert {row["key"] for row in compared.data["rows"]} == {figure["key"] for figure in compared.data["a"]["figures"]}


def test_what_was_asked_and_what_differs(compared: Compared) -> None:
    assert compared.data["source"] == str(compared.source)
    assert compared.data["a"]["emotion"] == "happy 0.3"
    assert compared.data["b"]["system"] == "instant"
    rise = next(row for row in compared.data["rows"] if row["key"].endswith("lip_corner_height"))
    assert rise["a"] < rise["b"]
    assert 0 < compared.data["mean_difference"] < compared.data["largest_difference"]


def test_the_page(browser: Browser, compared: Compared, tmp_path: Path) -> None:
    for width, touch in ((1280, False), (390, True)):
        page = browser.page(width=width, touch=touch)
        page.open(compared.folder / "index.html")
        assert page.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out at the side"
        assert page.evaluate("document.querySelector('h1').textContent") == "A: a <weak>.mp4"
        page.wait("[...document.querySelectorAll('video')].every((v) => v.readyState >= 2)")
        images = page.evaluate(
            "[...document.querySelectorAll('main img')].map((i) => i.complete && i.naturalWidth > 0)"
        )
        assert all(images)
        assert len(images) == 2 + 5 * len(compared.data["largest_frames"])
        shown = page.evaluate(
            "[...document.querySelectorAll('.versus tbody tr:not(.group)')].map((r) => ["
            "r.querySelector('.key').textContent,"
            "...[...r.querySelectorAll('td')].slice(0, 3).map((c) => c.textContent),"
            "[...r.querySelectorAll('.wins')].length])"
        )
        rows = {row["key"]: row for row in compared.data["rows"]}
        assert len(shown) == len(rows)
        for key, a, b, winner, marked in shown:
            row = rows[key]
            values = [with_unit(row[side], row["unit"]) if row[side] is not None else "" for side in "ab"]
            assert [a, b, winner] == [*values, row["winner"]], key
            assert marked == (row["winner"] in ("A", "B"))
        assert page.problems == []
        outside = [a for a in page.requests if not a.startswith((compared.folder.as_uri(), "data:"))]
        assert outside == []
        page.close()


def test_the_players_stay_in_step(browser: Browser, compared: Compared) -> None:
    page = browser.page()
    page.open(compared.folder / "index.html")
    page.wait("[...document.querySelectorAll('video')].every((v) => v.readyState >= 2)")
    assert page.evaluate("[...document.querySelectorAll('video')].map((v) => v.dataset.label)") == ["Source", "A", "B"]
    assert page.evaluate("[...document.querySelectorAll('video')].map((v) => v.muted)") == [True, False, True]
    page.click("#play")
    page.wait("[...document.querySelectorAll('video')].every((v) => v.currentTime > 0.2)")
    page.click("#play")
    page.wait("[...document.querySelectorAll('video')].every((v) => v.paused)")
    page.evaluate("seek.value = 0.8; seek.dispatchEvent(new Event('input'))")
    page.click("#forth")
    page.wait("[...document.querySelectorAll('video')].every((v) => Math.abs(v.currentTime - 0.84) < 0.002)")
    page.click("#back")
    page.wait("[...document.querySelectorAll('video')].every((v) => Math.abs(v.currentTime - 0.8) < 0.002)")
    assert "0.80 of 1.6" in page.evaluate("clock.textContent")
    page.close()


def test_copies_of_edits_say_that_they_are_edited(compared: Compared) -> None:
    for name in ("a.mp4", "b.mp4"):
        store = read(compared.folder / name)
        assert store is not None
        assert store["validation_state"] in ("Valid", "Trusted")
    assert read(compared.folder / "source.mp4") is None


def test_what_the_command_says(compared: Compared) -> None:
    lines = compared.said.splitlines()
    assert lines[0] == f"A {compared.first}"
    assert lines[-1] == f"page: {compared.folder / 'index.html'}"
    assert "better in" in compared.said or "apart" in compared.said


def test_without_a_source_pictures_alone_are_compared(compared: Compared, tmp_path: Path) -> None:
    for name, path in (("a.mp4", compared.first), ("b.mp4", compared.second)):
        shutil.copy(path, tmp_path / name)
    done = run_here("compare", "a.mp4", "b.mp4", "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout.splitlines()[-1])
    assert (data["a"], data["rows"], data["source"]) == (None, [], "")
    assert data["mean_difference"] == compared.data["mean_difference"]
    assert "name it with" in Path("out/index.html").read_text()
    assert not Path("out/source.mp4").exists()


def test_renders_of_other_sizes_have_no_heat_map(compared: Compared, tmp_path: Path) -> None:
    small = write_clip(tmp_path / "small.mp4", lambda n: head(n)[::2, ::2], ClipRecipe(frames=40))
    shutil.copy(compared.first, tmp_path / "a.mp4")
    done = run_here("compare", "a.mp4", small, "-o", "out")
    assert done.returncode == 0, done.stderr
    data = json.loads(Path("out/comparison.json").read_text())
    assert (data["mean_difference"], data["largest_frames"]) == (None, [])
    page = Path("out/index.html").read_text()
    assert "have different sizes" in page
    assert "Heat map" not in page


def test_what_cannot_be_compared(compared: Compared, tmp_path: Path) -> None:
    first, second = compared.first, compared.second
    assert_refused(run_here("compare", first, first, "-o", "out"), "one and the same")
    assert_refused(run_here("compare", first, "gone.mp4", "-o", "out"), "gone.mp4", "no such file")
    assert_refused(run_here("compare", first, second, "-o", compared.folder), "--overwrite")
    assert_refused(run_here("compare", first, second, "-o", "no/out"), "does not exist")
    other = write_clip(tmp_path / "other.mp4", head, ClipRecipe(frames=4))
    mien.edit(other, "sad").save(tmp_path / "sad.mp4")
    assert_refused(run_here("compare", first, "sad.mp4", "-o", "out"), "different sources", "--source")
    assert not Path("out").exists()


def test_an_evaluation_beside_a_render_is_used_if_it_is_the_same(make_clip: Any, tmp_path: Path) -> None:
    source = make_clip("source.mp4", frames=6)
    mien.edit(source, "happy 0.5").save(tmp_path / "a.mp4")
    mien.edit(source, "happy").save(tmp_path / "b.mp4")
    assert run_here("evaluate", tmp_path / "a.mp4", "--quiet").returncode == 0
    kept = tmp_path / "a.evaluation" / "evaluation.json"
    marked = json.loads(kept.read_text())
    next(figure for figure in marked["figures"] if figure["key"] == "lip_difference")["value"] = 77.0
    kept.write_text(json.dumps(marked))

    def lips(*words: str) -> float:
        done = run_here(
            "compare", tmp_path / "a.mp4", tmp_path / "b.mp4", "-o", tmp_path / "out", "--overwrite", "--json", *words
        )
        rows = json.loads(done.stdout.splitlines()[-1])["rows"]
        return float(next(row["a"] for row in rows if row["key"] == "lip_difference"))

    assert lips() == 77.0
    assert lips("--emotion", "0 happy 0.5, 0.1 happy 1") < 1.0
