"""Whatever stands in names and sentences, it stays text: no element, attribute or script comes out of it."""

from __future__ import annotations

import dataclasses
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mien.app.evaluation.page import sections, write_suite_page
from mien.app.evaluation.page.document import document, page_header
from mien.app.evaluation.page.markup import Markup, relative_address, sentence, tag, text
from mien.app.evaluation.page.response_plot import responses
from mien.app.evaluation.page.tables import figures_table
from mien.app.evaluation.page.time_chart import charts
from mien.metrics.evaluation.evaluation import Evaluation, Response, Series
from mien.video.claim import EditClaim

from .evaluations import sample, suite

ATTACKS = ("<script>alert(1)</script>", '" onload="alert(1)', "'><img src=x onerror=alert(1)>", "a&amp;b&", "]]>-->")
texts = st.one_of(
    st.sampled_from(ATTACKS), st.text(min_size=1, max_size=30), st.text("<>&\"'`/= \x00\ud800", min_size=1, max_size=9)
)


class Reader(HTMLParser):
    """Elements with their attributes' names, and the text between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def parts(evaluation: Evaluation) -> str:
    """A clip's page without its pictures, which need clips."""
    claim = EditClaim(evaluation.system or "instant", ("happy",), Path("a.mp4"))
    answers = responses([(each.label, each) for each in evaluation.responses])
    content = [
        sections.verdict(evaluation, {1}),
        sections.clip_facts(evaluation),
        sections.provenance(evaluation, claim, "Valid"),
        sections.provenance(evaluation, None, None),
        charts(evaluation, set()),
        answers,
        figures_table(evaluation, set()),
        sections.conditions(evaluation.conditions),
    ]
    return document(evaluation.result, page_header("kind", evaluation.result), content, evaluation.source)


def renamed(evaluation: Evaluation, word: str) -> Evaluation:
    """The same with ``word`` wherever a name, a unit, a sentence or a path may stand (colons in keys place marks)."""
    return dataclasses.replace(
        evaluation,
        source="s/" + word,
        result="r/" + word,
        target="t/" + word,
        emotion=word or "x",
        system=word or "x",
        figures=tuple(
            dataclasses.replace(
                f,
                key="f " + word.replace(":", ""),
                label=word,
                unit=word or "x",
                sentence=word.replace("`", "") or "x",
                asked=word or "x",
                origin=word or "x",
            )
            for f in evaluation.figures
        ),
        series=tuple(
            Series(
                f"s{number} " + word.replace(":", ""),
                word,
                s.group,
                word or "x",
                s.times_s,
                {word: next(iter(s.lines.values()))},
            )
            for number, s in enumerate(evaluation.series)
        ),
        responses=tuple(
            Response(word, word or "x", word or "x", r.intensities, r.values, r.r_squared) for r in evaluation.responses
        ),
        conditions={"c" + word: word},
    )


@settings(max_examples=60, deadline=None)
@given(texts)
@example("\udcff\x00<b>")
def test_names_never_become_elements(word: str) -> None:
    """The elements and their attributes are those of a page whose names are a letter each."""
    plain, strange = read(parts(renamed(sample("a", "b", 12), "x"))), read(parts(renamed(sample("a", "b", 12), word)))
    # A name that ends in a slash has no last part, and is shown by its path alone.
    path = ("span", ("class",))
    assert [each for each in strange.elements if each != path] == [each for each in plain.elements if each != path]
    shown = "".join(strange.words.split())
    expected = "".join(read(text(word)).words.split())
    assert expected in shown
    strange.words.encode("utf-8")


@settings(max_examples=30, deadline=None)
@given(texts)
def test_names_in_suites_never_become_elements(word: str) -> None:
    def elements(with_word: str) -> list[tuple[str, tuple[str, ...]]]:
        summary = suite("s/" + with_word)
        clips = tuple(
            dataclasses.replace(
                c, page=(c.page and with_word) or "x", error=c.error and with_word.replace("`", "") + "."
            )
            for c in summary.clips
        )
        named = dataclasses.replace(summary, name=with_word or "x", clips=clips, conditions={with_word: with_word})
        evaluations = [renamed(sample("a", "b", 12), with_word)] * 2
        with tempfile.TemporaryDirectory() as folder:
            write_suite_page(named, evaluations, Path(folder) / "suite.html")
            return read((Path(folder) / "suite.html").read_text(encoding="utf-8")).elements

    path = ("span", ("class",))
    assert [e for e in elements(word) if e != path] == [e for e in elements("x") if e != path]


@given(st.text())
def test_text_comes_back(word: str) -> None:
    """A parser reads the characters that went in, but for those that no document may hold."""
    shown = read(tag("p", word, title=word)).words.replace("\r\n", "\n")
    allowed = all(
        character in "\t\n" or (character >= " " and not "\x7f" <= character <= "\x9f" and character.isprintable())
        for character in word
    )
    if allowed:
        assert shown == word
        assert read(tag("p", "", title=word)).values == [word]
    assert len(shown) == len(word)


@given(texts)
def test_links_stay_on_this_site(path: str) -> None:
    """Never a scheme and never a host, as a browser resolves it."""
    parted = urlsplit(relative_address(path))
    assert (parted.scheme, parted.netloc, parted.query, parted.fragment) == ("", "", "", "")


def test_elements_as_written_by_hand() -> None:
    made = tag("a", "1 < 2", None, [tag("br"), "&"], href='"', class_="x", data_low=0.5, hidden=True, title=None)
    assert made == '<a href="&quot;" class="x" data-low="0.5" hidden>1 &lt; 2<br>&amp;</a>'
    assert isinstance(made, Markup)
    assert sentence("Run `a <b>` now.") == 'Run <code class="short">a &lt;b&gt;</code> now.'
    assert sentence(f"Run `{39 * 'x'}`.") == f"Run <code>{39 * 'x'}</code>."


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\udcff", "\ufffe", "\U0010ffff"])
def test_what_no_document_may_hold_is_replaced(character: str) -> None:
    """HTML Living Standard, 13.2.3.5: surrogates, noncharacters and controls are parse errors, escaped or not."""
    assert text(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"
