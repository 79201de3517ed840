"""The browser of the tests does what a person's hands do, and tells what goes wrong in a page."""

from __future__ import annotations

from pathlib import Path

from .browser import Browser

PAGE = """<!doctype html><title>one</title><button id=b>0</button><input id=i>
<script>b.onclick = () => { b.textContent = +b.textContent + 1; };
addEventListener('touchmove', () => { document.title = 'moved'; });</script>"""


def test_hands_and_eyes(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    page = browser.page(width=300, height=200)
    page.open(tmp_path / "page.html")
    assert page.evaluate("[document.title, innerWidth]") == ["one", 300]
    page.click("#b")
    page.press("Enter")
    assert page.evaluate("b.textContent") == "2"
    page.click("#i")
    page.type("ann 7")
    assert page.evaluate("i.value") == "ann 7"
    assert page.screenshot(tmp_path / "page.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    page.reload()
    assert page.evaluate("i.value") == ""
    assert page.requests == [(tmp_path / "page.html").as_uri()] * 2
    assert page.problems == []
    page.close()


def test_fingers(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    page = browser.page(touch=True)
    page.open(tmp_path / "page.html")
    x, y = page.place("#b")
    page.touch([(x, y)])
    assert page.evaluate("b.textContent") == "1"
    page.touch([(x, y), (x + 40, y), (x + 80, y)])
    assert page.evaluate("document.title") == "moved"
    page.close()


def test_what_goes_wrong_is_told(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<img src=gone.png><script>console.error('first'); missing();</script>")
    page = browser.page()
    page.open(tmp_path / "page.html")
    told = " ".join(page.problems)
    assert "first" in told
    assert "missing is not defined" in told
    assert "gone.png" in told
    page.close()
