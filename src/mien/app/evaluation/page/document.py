"""The document round a page's content: style and script inside, nothing from outside, written at once or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from mien.app.evaluation.page.markup import Child, Markup, join, tag, text
from mien.app.jobs import staging_folder
from mien.video.claim import generator
from mien.video.output import output_errors


@cache
def _resource(name: str) -> str:
    """A file of the package, as it goes into the page; ours, so not escaped."""
    content = resources.files("mien.app.evaluation.page").joinpath("data", name).read_text(encoding="utf-8")
    if "</" in content:
        raise AssertionError(f"{name} would end its element in the page")
    return content


@dataclass(frozen=True, slots=True)
class Addition:
    """What a page has beyond the style and script that all pages share.

    Attributes:
        style: CSS, ours.
        script: JavaScript, ours.
        has_films: Videos lie beside the page, so it is more than one file.
    """

    style: str
    script: str
    has_films: bool = False


def document(title: str, header: Child, content: Child, described: str, addition: Addition | None = None) -> str:
    """A whole HTML document.

    Args:
        title: In the browser's bar.
        header: On top.
        content: Its sections.
        described: One sentence for those who see the file in a list.
        addition: Style and script of this page alone.
    """
    more = addition or Addition("", "")
    styles, scripts = (_resource("page.css"), more.style), (_resource("page.js"), more.script)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts if s]
    # The page asks nothing of any network, whatever comes into it: the browser is told to refuse.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
    policy += " ".join(f"'sha256-{digest}'" for digest in digests) + ("; media-src 'self'" if more.has_films else "")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=generator()),
        tag("meta", name="description", content=described),
        tag("title", title),
        [Markup(f"<style>{style}</style>") for style in styles if style],
    )
    what = "This page, with the videos in its folder," if more.has_films else "This page is one file and"
    body = tag(
        "body",
        tag("header", header, class_="page-header"),
        tag("main", content),
        tag("footer", tag("p", f"Made by {generator()}. {what} asks nothing of any network.")),
        [Markup(f"<script>{script}</script>") for script in scripts if script],
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en")


def write(document: str, path: Path) -> None:
    """Write a document; it appears under its name only when complete.

    Raises:
        OutputError: It cannot be written.
    """
    with staging_folder(path) as folder, output_errors(path):
        (folder / path.name).write_text(document, encoding="utf-8", newline="\n")
        os.replace(folder / path.name, path)


def page_header(kind: str, title: str, under: Child = None) -> Markup:
    """What kind of page this is, and its title."""
    return join(
        tag("p", kind, class_="kind"), tag("h1", text(title)), tag("p", under, class_="under") if under else None
    )
