"""The page in a real browser: whole, valid, quiet, at every width, on paper, and read by mouse and keyboard."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mien.app.evaluation.page import write_page, write_suite_page
from mien.errors import ClipError, InputError, OutputError
from mien.metrics.evaluation.evaluation import Evaluation

from ...conftest import MakeClip, nobody
from .conftest import Edited
from .evaluations import clean, sample, suite

_VOID = {"meta", "img", "br", "hr", "link", "input", "wbr"}
_TREE = """[...document.querySelectorAll('*')].map((element) => {
  let depth = 0;
  for (let above = element; above = above.parentElement;) depth++;
  return [element.localName, depth];
})"""
_BEYOND = """[...document.body.querySelectorAll('*')].filter((element) =>
  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('.viewer, thead'))
  .map((element) => element.className || element.localName)"""
_IMAGES = """[...document.querySelectorAll('main img')].map((image) => [image.complete, image.naturalWidth,
  image.naturalHeight, image.getAttribute('width'), image.getAttribute('height'), image.alt])"""
_BOX = """(() => {
  const box = document.querySelector('#lips .plot').getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
})()"""
_CONTRAST = """(() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => color.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, channel) => sum + v * [.2126, .7152, .0722][channel], 0);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = rgb(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.body.querySelectorAll('*')) {
    const worded = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!worded || !element.getClientRects().length) continue;
    const colors = [rgb(getComputedStyle(element).color), ground(element)];
    const [less, more] = colors.map(light).sort((a, b) => a - b);
    if ((more + .05) / (less + .05) < 4.5) bad.push(`${element.className}: ${element.textContent.slice(0, 30)}`);
  }
  return bad;
})()"""


class Tree(HTMLParser):
    """Elements with their depth, as they are written: what a browser must not need to mend."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[list[Any]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, _: object) -> None:
        self.found.append([tag, len(self.open)])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def evaluation(edited: Edited) -> Evaluation:
    return sample(str(edited.source), str(edited.result))


@pytest.fixture(scope="module")
def written(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "clip.html"
    write_page(evaluation, path)
    return path


@pytest.fixture(scope="module")
def written_suite(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "suite.html"
    write_suite_page(suite(evaluation.source), [evaluation, clean(evaluation)], path)
    return path


@pytest.fixture(params=["clip", "suite"])
def either(request: pytest.FixtureRequest, written: Path, written_suite: Path) -> Path:
    return written if request.param == "clip" else written_suite


def scheme(page: Any, name: str) -> None:
    page.send("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": name}])


@pytest.mark.parametrize("width", [360, 768, 1200, 1280])
def test_it_fits_and_asks_for_nothing(browser: Any, either: Path, width: int) -> None:
    page = browser.page(width=width, height=800)
    page.open(either)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_BEYOND) == []
    assert [address for address in page.requests if not address.startswith("data:image/jpeg;base64,")] == [
        either.as_uri()
    ]
    assert page.problems == []
    page.close()


def test_it_is_valid_and_whole_without_its_script(browser: Any, either: Path, evaluation: Evaluation) -> None:
    """The browser's tree is the one that was written: nothing was out of place."""
    page = browser.page()
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.open(either)
    html = either.read_text(encoding="utf-8")
    assert page.evaluate(_TREE) == Tree(html).found
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    words = page.evaluate("document.body.innerText")
    if either.name == "clip.html":
        for figure in evaluation.figures:
            assert figure.label in words
        for said in (
            "One fault, and one thing to look at.",
            "0.9796",
            "0:01.76, frame 44",
            "mien weights get syncnet",
            "Edited footage.",
            "was edited with mien",
            "R² = 0.991",
            "abc1234",
            "intensity asked for",
        ):
            assert said in words
    page.close()


def test_names_stay_names(browser: Any, written: Path, edited: Edited) -> None:
    """A dialog of a script in the clip's name would fail the browser."""
    page = browser.page()
    page.open(written)
    assert page.evaluate("document.querySelector('h1').textContent") == edited.result.name
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("[...document.querySelectorAll('.path')].map(e => e.textContent)") == [
        str(edited.result),
        str(edited.source),
    ]
    assert page.evaluate("document.title") == f"{edited.result.name} · evaluation"
    page.close()


def test_pictures_are_there_and_described(browser: Any, written: Path) -> None:
    page = browser.page()
    page.open(written)
    images = page.evaluate(_IMAGES)
    assert len(images) == 2 + 2 * 4 + 2  # a peak; two moments with faces and whole frames; a whole frame
    for complete, wide, high, said_wide, said_high, alt in images:
        assert complete
        assert (wide, high) == (int(said_wide), int(said_high))
        assert re.search(r"(before|after) the edit, at \d+:\d\d\.\d\d, frame \d+", alt)
    assert page.evaluate(
        "[...document.querySelectorAll('svg[role=img]')].every(s => s.getAttribute('aria-label').length > 20)"
    )
    page.close()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_stands_out(browser: Any, either: Path, name: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 for all text, in both schemes."""
    page = browser.page()
    scheme(page, name)
    page.open(either)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 150) == (name == "dark")
    assert page.evaluate(_CONTRAST) == []
    page.close()


def test_values_are_read_off_by_mouse_and_keyboard(browser: Any, written: Path, evaluation: Evaluation) -> None:
    page = browser.page(width=1280, height=900)
    page.open(written)
    lips = next(series for series in evaluation.series if series.key == "lip_opening")
    page.evaluate("document.querySelector('[data-title=\"Lip opening\"]').id = 'lips'")
    page.place("#lips .plot")
    box = page.evaluate(_BOX)
    for frame in (10, 25):  # the result has no value in the middle third
        x = box[0] + lips.times_s[frame] / evaluation.duration_s * box[2]
        page._mouse("mouseMoved", x, box[1] + box[3] / 2, buttons=0)
        said = page.evaluate("document.querySelector('#lips .readout').innerText.replace(/\\s+/g, ' ')")
        source, result = lips.lines["source"][frame], lips.lines["result"][frame]
        assert f"frame {frame}" in said
        shown = dict(re.findall(r"(source|result) (\S+)", said))
        assert float(shown["source"]) == pytest.approx(source, abs=0.0015)
        assert shown["result"] == "–" if result is None else float(shown["result"]) == pytest.approx(result, abs=0.0015)
    page._mouse("mouseMoved", 5, 5, buttons=0)
    assert page.evaluate("document.querySelector('#lips .readout').innerText") == ""
    page.evaluate("document.querySelector('#lips .handle').focus({focusVisible: true})")
    page.press("ArrowLeft")
    before = page.evaluate("document.querySelector('#lips .handle').getAttribute('aria-valuetext')")
    page.press("ArrowRight")
    after = page.evaluate("document.querySelector('#lips .handle').getAttribute('aria-valuetext')")
    assert int(re.search(r"frame (\d+)", after)[1]) == int(re.search(r"frame (\d+)", before)[1]) + 1  # type: ignore[index]
    assert page.problems == []
    page.close()


def test_source_and_result_in_one_place(browser: Any, written: Path) -> None:
    page = browser.page()
    page.open(written)
    first = "document.querySelector('.moment .faces')"
    sources = page.evaluate(f"[...{first}.querySelectorAll('img')].map(i => i.src)")
    page.click(".moment .faces .tool[aria-pressed]")
    assert page.evaluate(f"[...{first}.querySelectorAll('img')].map(i => i.src)") == [sources[0]] * 2
    assert page.evaluate(f"{first}.querySelectorAll('.side')[1].textContent") == "Source"
    page.press("Enter")  # the button has the focus
    assert page.evaluate(f"[...{first}.querySelectorAll('img')].map(i => i.src)") == sources
    page.click(".moment .whole .tool:not([aria-pressed])")
    assert page.evaluate("document.querySelector('.viewer').open")
    assert page.evaluate("document.querySelector('.viewer img').getBoundingClientRect().width") == 512
    page.press("Escape")
    assert not page.evaluate("document.querySelector('.viewer').open")
    assert page.problems == []
    page.close()


def test_it_prints(browser: Any, either: Path) -> None:
    """A PDF of a few pages, in light colours whatever the screen's are."""
    page = browser.page()
    scheme(page, "dark")
    page.open(either)
    pdf = base64.b64decode(page.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 9
    page.send("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    kept = ".chart, .moment, .peak, .response, .finding"
    assert page.evaluate(
        f"[...document.querySelectorAll('{kept}')].every(e => getComputedStyle(e).breakInside === 'avoid')"
    )
    page.close()


def test_a_clean_clip(browser: Any, evaluation: Evaluation, tmp_path: Path) -> None:
    write_page(clean(evaluation), tmp_path / "clean.html")
    page = browser.page()
    page.open(tmp_path / "clean.html")
    words = page.evaluate("document.body.innerText")
    assert "Nothing to object to." in words
    assert "One figure could not be measured" in words
    assert page.evaluate("document.querySelectorAll('.finding').length") == 0
    page.close()
    assert [each.name for each in tmp_path.iterdir()] == ["clean.html"]


def test_a_clip_without_a_face_and_without_a_manifest(make_clip: MakeClip, tmp_path: Path) -> None:
    clip = make_clip("nobody.mp4", nobody)
    write_page(sample(str(clip), str(clip), frames=12, size=(256, 256)), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No face was found in this frame." in html
    assert "carries no C2PA manifest" in html


def test_a_suite_leads_to_its_clips(browser: Any, written_suite: Path) -> None:
    page = browser.page()
    page.open(written_suite)
    words = page.evaluate("document.body.innerText")
    for said in (
        "Three clips: one could not be measured, one with faults.",
        "There is no face to edit.",
        "CCFE, Table 5",
        "30.36",
        "56.40",
        "What differs",
        "The footage is not MEAD",
        "10 frames rendered against 12 of real footage",
        "FID[face-api]",
        "mean over the emotions",
        "LIE[LPIPS-Alex]. Not available: run mien weights get lpips-alex.",
    ):
        assert said in words
    assert page.evaluate("document.querySelector('.finding a').href") == (
        (written_suite.parent / "clips").as_uri() + "/one%20two%231.html#frame-44"
    )
    assert page.problems == []
    page.close()


def test_failures_leave_nothing(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(ClipError):
        write_page(sample(evaluation.source, str(tmp_path / "gone.mp4")), tmp_path / "page.html")
    with pytest.raises(InputError, match="names evaluation 1 of 1"):
        write_suite_page(suite(), [evaluation], tmp_path / "page.html")
    with pytest.raises(OutputError):
        write_suite_page(suite(), [evaluation, evaluation], tmp_path / "no" / "page.html")
    assert list(tmp_path.iterdir()) == []
