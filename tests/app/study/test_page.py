"""A participant in a real browser: what is clicked, dragged and typed is what `mien study analyse` reads."""

from __future__ import annotations

import csv
import functools
import json
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mien.app.study.order import random_numbers, shuffled

from ...browser import Browser, Page
from ..conftest import run_here
from .conftest import ORDERED, RATED, MakeStudy, Study


class SilentHandler(SimpleHTTPRequestHandler):
    """The plainest of web servers."""

    def log_message(self, *_: object) -> None:
        pass


def begin(page: Page, study: Study, code: str) -> None:
    page.open(study.folder / "index.html")
    page.click("#code")
    page.type(code)
    page.click("#agree")
    page.click("#start")
    page.wait("document.querySelector('video')")


def play_all(page: Page) -> None:
    """Play every clip that is judged to its end, by the page's own key."""
    count = page.evaluate("document.querySelectorAll('video').length")
    for number in range(count):
        # Eight times as fast, since it is the end that counts.
        page.evaluate(f"(v => {{ v.playbackRate = 8; v.focus(); }})(document.querySelectorAll('video')[{number}])")
        page.press("p")
        page.wait(f"document.querySelectorAll('video')[{number}].ended")
    page.wait("!document.getElementById('missing').textContent.startsWith('Play')")


def shown_clip(page: Page) -> str:
    return Path(page.evaluate("document.querySelector('video').getAttribute('src')")).stem


def saved(page: Page, folder: Path) -> Path:
    page.click("#save")
    until = time.monotonic() + 30
    while not (files := list(folder.glob("*.json"))):
        assert time.monotonic() < until, "nothing was downloaded"
        page.wait("true")
    assert len(files) == 1
    return files[0]


def answers_read(study: Study, file: Path, out: Path) -> list[dict[str, str]]:
    done = run_here("study", "analyse", study.key_file, file, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["partial"] == {}
    return list(csv.DictReader((out / "answers.csv").open(encoding="utf-8")))


def nothing_went_wrong(page: Page, study: Study) -> None:
    assert page.problems == []
    outside = [a for a in page.requests if not a.startswith((study.folder.as_uri(), "data:", "blob:"))]
    assert outside == []


def test_rating_from_begin_to_tables(browser: Browser, make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ccfe", RATED[:3])
    (tmp_path / "saved").mkdir()
    page = browser.page(downloads=tmp_path / "saved")
    begin(page, study, " P07 ")
    clicked: dict[tuple[str, str], str] = {}
    seen = []
    for number in range(3):
        clip = shown_clip(page)
        seen.append(clip)
        assert page.evaluate("document.getElementById('next').disabled")
        for place, question in enumerate(("accuracy", "identity", "sync", "continuity", "overall")):
            rating = str((number * 2 + place * 3) % 5 + 1)
            if number % 2:
                page.press(rating)  # the first question that is open
            else:
                page.click(f"fieldset[data-key={question}] input[value='{rating}']")
            clicked[clip, question] = rating
        assert page.evaluate("document.getElementById('next').disabled"), "not yet played"
        play_all(page)
        if number == 1:  # a reload in the middle loses nothing
            page.reload()
            assert shown_clip(page) == clip
            assert page.evaluate("document.querySelectorAll('fieldset input:checked').length") == 5
        if number == 2:  # back, another answer, and on again
            page.click("#back")
            page.click("fieldset[data-key=sync] input[value='5']")
            clicked[seen[1], "sync"] = "5"
            page.click("#next")
            assert page.evaluate("[...document.querySelectorAll('input:checked')].map((e) => e.value)") == [
                clicked[clip, q] for q in ("accuracy", "identity", "sync", "continuity", "overall")
            ]
        page.press("Enter")
    file = saved(page, tmp_path / "saved")
    assert file.name == f"answers-{study.key.study}-p07.json"
    assert seen == shuffled([item.name for item in study.key.items], 5, "p07", "items")
    rows = answers_read(study, file, tmp_path / "out")
    assert {(row["clip"], row["question"]): row["value"] for row in rows} == clicked
    assert {(row["clip"], row["system"], row["emotion"]) for row in rows} == {
        (clip.name, clip.system, clip.emotion) for clip in study.key.clips if clip.system != "original"
    }
    assert all(0 < float(row["time_s"]) < 600 for row in rows)
    nothing_went_wrong(page, study)
    page.close()


def test_emotions_are_chosen_on_a_phone(browser: Browser, make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED)
    (tmp_path / "saved").mkdir()
    page = browser.page(width=390, height=844, downloads=tmp_path / "saved", touch=True)
    begin(page, study, "p1")
    clicked = {}
    for number in range(4):
        assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing sticks out at the side"
        word = ("happy", "sad", "fear", "disgusted")[number]
        clip = shown_clip(page)
        page.touch([page.place(f"fieldset[data-key=emotion] input[value={word}]")])
        page.touch([page.place(f"fieldset[data-key=realism] input[value='{number + 2}']")])
        clicked[clip, "emotion"], clicked[clip, "realism"] = word, str(number + 2)
        play_all(page)
        page.touch([page.place("#next")])
    rows = answers_read(study, saved(page, tmp_path / "saved"), tmp_path / "out")
    assert {(row["clip"], row["question"]): row["value"] for row in rows} == clicked
    nothing_went_wrong(page, study)
    page.close()


def names(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('.ranking li')].map((e) => e.dataset.name)")
    return found


def drag(page: Page, hand: str, start: int, end: int) -> None:
    """Move the card at a place to another one (both from 1) by mouse, finger or keys."""
    grip = f".ranking li:nth-child({start}) .grip"
    if hand == "keys":
        page.evaluate(f"document.querySelector('{grip}').focus()")
        for _ in range(abs(end - start)):
            page.press("ArrowRight" if end > start else "ArrowUp")
        return
    x, y = page.place(grip)
    to: Any = page.evaluate(
        f"(() => {{ const b = document.querySelector('.ranking li:nth-child({end}) .grip').getBoundingClientRect();"
        "return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )
    path = [(x + (to[0] - x) * part / 6, y + (to[1] - y) * part / 6) for part in range(7)]
    if hand == "mouse":
        page.drag(path)
    else:
        page.touch(path)


@pytest.mark.parametrize(("hand", "size"), [("mouse", (1280, 900)), ("finger", (390, 844)), ("keys", (800, 900))])
def test_ordering(browser: Browser, make_study: MakeStudy, tmp_path: Path, hand: str, size: tuple[int, int]) -> None:
    study = make_study("dnt", ORDERED)
    (tmp_path / "saved").mkdir()
    page = browser.page(*size, downloads=tmp_path / "saved", touch=hand == "finger")
    begin(page, study, "p2")
    arranged = {}
    for number in range(2):
        before = names(page)
        item = next(item for item in study.key.items if set(item.clips) == set(before))
        assert before == shuffled(item.clips, 5, "p2", item.name)
        play_all(page)
        assert page.evaluate("document.getElementById('next').disabled"), "the first order is nobody's answer"
        drag(page, hand, len(before), 1)
        assert names(page) == [before[-1], *before[:-1]]
        drag(page, hand, 1, 2)
        assert names(page) == [before[0], before[-1], *before[1:-1]]
        assert page.evaluate("document.querySelector('.dragged')") is None
        if number == 0:
            page.reload()
            assert names(page) == [before[0], before[-1], *before[1:-1]]
            page.click(".ranking li:nth-child(1) .later")
            drag(page, hand, 2, 1)
        page.click("#sure")
        for rank, name in enumerate(names(page), start=1):
            arranged[name] = str(rank)
        page.click("#next")
    rows = answers_read(study, saved(page, tmp_path / "saved"), tmp_path / "out")
    assert {row["clip"]: row["value"] for row in rows} == arranged
    assert {row["question"] for row in rows} == {"order"}
    nothing_went_wrong(page, study)
    page.close()


def test_nobody_begins_without_code_and_consent(browser: Browser, make_study: MakeStudy) -> None:
    study = make_study("ned", RATED)
    page = browser.page()
    page.open(study.folder / "index.html")
    page.click("#start")
    assert "code" in page.evaluate("document.getElementById('wrong').textContent")
    page.click("#code")
    page.type("p3")
    page.press("Enter")
    assert "tick" in page.evaluate("document.getElementById('wrong').textContent")
    assert page.evaluate("document.querySelector('video')") is None
    assert page.evaluate("localStorage.length") == 0
    page.close()


def test_who_stops_saves_a_part(browser: Browser, make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED)
    (tmp_path / "saved").mkdir()
    page = browser.page(downloads=tmp_path / "saved")
    begin(page, study, "p4")
    page.press("2")
    page.press("5")
    play_all(page)
    page.click("#next")
    page.press("1")  # the second page stays half answered
    page.click("#stop")
    assert page.evaluate("document.getElementById('fresh').offsetHeight") == 0, (
        "nobody's answers are thrown away unsaved"
    )
    file = saved(page, tmp_path / "saved")
    done = run_here("study", "analyse", study.key_file, file)
    assert done.returncode == 0, done.stderr
    assert "1 of them answered only a part, which counts: p4 (1)" in done.stdout
    page.click("#fresh")  # the next participant at this device finds nothing of the one before
    assert page.evaluate("document.getElementById('code').value") == ""
    assert page.evaluate("localStorage.length") == 0
    page.close()


def test_a_clip_that_does_not_play_holds_nobody_up(browser: Browser, make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED[:1])
    (study.folder / "clips" / f"{study.key.items[0].name}.mp4").write_bytes(b"not a video")
    (tmp_path / "saved").mkdir()
    page = browser.page(downloads=tmp_path / "saved")
    begin(page, study, "p5")
    page.wait("!document.getElementById('next').disabled")
    assert "cannot be played" in page.evaluate("document.getElementById('missing').textContent")
    page.click("#next")
    done = run_here("study", "analyse", study.key_file, saved(page, tmp_path / "saved"))
    assert done.returncode == 0, done.stderr
    assert "p5 (1)" in done.stdout
    page.close()


def test_a_browser_that_keeps_nothing_is_told_of(browser: Browser, make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study("ned", RATED[:1])
    (tmp_path / "saved").mkdir()
    page = browser.page(downloads=tmp_path / "saved")
    page.open(study.folder / "index.html")
    page.evaluate("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; 0")
    page.click("#code")
    page.type("p6")
    page.click("#agree")
    assert page.evaluate("document.getElementById('unkept').offsetHeight") == 0
    page.click("#start")
    page.wait("document.getElementById('unkept').offsetHeight > 0")
    page.press("3")
    page.press("1")
    play_all(page)
    page.press("Enter")
    rows = answers_read(study, saved(page, tmp_path / "saved"), tmp_path / "out")
    assert {row["question"]: row["value"] for row in rows} == {"emotion": "sad", "realism": "1"}
    page.close()


def test_any_web_server_will_do(browser: Browser, make_study: MakeStudy) -> None:
    study = make_study("ned", RATED[:1])
    handler = functools.partial(SilentHandler, directory=str(study.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.page()
        address = f"http://127.0.0.1:{server.server_port}"
        page.open(f"{address}/index.html?code=P9")
        assert page.evaluate("document.getElementById('code').value") == "P9"
        page.click("#agree")
        page.click("#start")
        page.wait("document.querySelector('video')")
        play_all(page)
        assert page.evaluate("JSON.parse(localStorage[localStorage.key(0)]).participant") == "p9"
        assert page.problems == []
        assert all(asked.startswith((address, "data:")) for asked in page.requests)
        page.close()
        server.shutdown()


def test_the_page_draws_the_orders_that_the_analysis_expects(browser: Browser, make_study: MakeStudy) -> None:
    study = make_study("ned", RATED)
    page = browser.page()
    page.open(study.folder / "index.html")
    for text in ("", "5:p07:items", "2147483647:ä:c9"):
        numbers = random_numbers(text)
        expected = [next(numbers) for _ in range(50)]
        drawn = page.evaluate(
            f"(() => {{ const n = Order.numbers({json.dumps(text)}); return Array.from({{length: 50}}, n); }})()"
        )
        assert drawn == expected
    items = list(range(40))
    assert page.evaluate("Order.shuffled(Array.from({length: 40}, (_, i) => i), 12, 'ann', 'g1')") == shuffled(
        items, 12, "ann", "g1"
    )
    assert page.evaluate("[' P07 ', 'a b', '', 'x'.repeat(41)].map(Order.code)") == ["p07", None, None, None]
    page.close()
