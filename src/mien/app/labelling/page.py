"""The page on which labels are checked by eye: stills of every emotion and level, the strongest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from mien.app.clip_report import face_box
from mien.app.evaluation.page.document import Addition, document, page_header
from mien.app.evaluation.page.markup import Markup, tag
from mien.app.evaluation.page.stills import Still, cut, signed
from mien.data.label_footage import LabelledFootage, LabelledStretch
from mien.data.labelled_folder import HEADER, TABLE
from mien.data.labelling import LEVELS
from mien.emotion.vocabulary import EMOTIONS, NEUTRAL
from mien.reconstruction.analysis import Analysis
from mien.video.provenance import claim_of

STILL_PX = 200
_MARGIN = 0.18
_LEVEL_NAMES = dict(zip(LEVELS, ("1/3", "2/3", "full"), strict=True))


def take_stills(found: LabelledFootage) -> list[Still]:
    """A still of every stretch, at its peak, in their order; each video is decoded once.

    Pictures of footage that mien edited say so.
    """
    stills: dict[int, Still] = {}
    for path, analysis in found.analyses.items():
        places = [place for place, stretch in enumerate(found.stretches) if stretch.video == path]
        taken = _of_video(analysis, {place: found.stretches[place].peak for place in places})
        kept = signed([taken[place] for place in places], claim_of(path)) if places else []
        stills.update(zip(places, kept, strict=True))
    return [stills[place] for place in range(len(found.stretches))]


def _of_video(analysis: Analysis, peaks: Mapping[int, int]) -> dict[int, Still]:
    wanted: dict[int, list[int]] = {}
    for place, peak in peaks.items():
        wanted.setdefault(peak, []).append(place)
    taken = {}
    for frame in analysis.clip.frames(0, max(wanted, default=-1) + 1):
        for place in wanted.get(frame.index, ()):
            taken[place] = cut(frame, face_box(analysis.faces_at(frame.index)[0], frame, _MARGIN), STILL_PX)
    return taken


def labels_page(found: LabelledFootage, stills: Sequence[Still], lines: Sequence[str], actor: str) -> str:
    """The page as HTML.

    Args:
        found: The labels.
        stills: One a stretch.
        lines: Of the table, one a stretch.
        actor: Who is seen.
    """
    blocks = []
    for emotion in (NEUTRAL, *EMOTIONS):
        for level in (0.0, *reversed(LEVELS)):
            members = [k for k, s in enumerate(found.stretches) if s.emotion == emotion and s.level == level]
            members.sort(key=lambda k: found.stretches[k].intensity, reverse=True)
            if members:
                blocks.append(_block(emotion, level, [(found.stretches[k], stills[k], lines[k]) for k in members]))
    counts = ", ".join(f"{name} {count}" for name, count in found.verdict.frames.items())
    share = sum(found.verdict.frames.values()) / max(1, found.frame_count)
    verdict = "The footage suffices." if not found.verdict.lacking else "The footage does not suffice yet."
    lead = (
        f"{counts} frames: {share:.0%} of {found.frame_count}. The others fit no emotion well, or two alike, and are "
        "left out. Take the mark off every still that does not show what stands above it, download the table, and "
        f"put it in the place of {TABLE} in this folder."
    )
    bar = tag(
        "div",
        tag("button", f"Download {TABLE}", type="button", id="download", class_="step"),
        tag("output", id="kept", class_="quiet"),
        class_="checking",
    )
    lacking = [tag("li", sentence) for sentence in (*found.verdict.lacking, *found.verdict.thin)]
    top = tag(
        "section",
        tag("h2", verdict, class_="headline"),
        tag("p", lead, class_="lead"),
        tag("ul", lacking, class_="lacks") if lacking else None,
        bar,
        class_="verdict",
        data_header=HEADER,
    )
    addition = Addition(_resource("labels.css"), _resource("labels.js"))
    title = f"{actor}: labels to check"
    return document(title, page_header("Labels found by tracking", title), [top, *blocks], title, addition)


def _block(emotion: str, level: float, members: Sequence[tuple[LabelledStretch, Still, str]]) -> Markup:
    name = emotion if not level else f"{emotion}, {_LEVEL_NAMES[level]}"
    frames = sum(stretch.frame_count for stretch, *_ in members)
    heading = tag("h2", name, " ", tag("span", _frames(frames), class_="quiet"))
    figures = [_figure(name, *member) for member in members]
    return tag("section", heading, tag("div", figures, class_="stretches"), class_="block")


def _figure(name: str, stretch: LabelledStretch, still: Still, line: str) -> Markup:
    place = f"{stretch.video.name}, {stretch.start_s:.2f} to {stretch.stop_s:.2f} s"
    about = f"{_frames(stretch.frame_count)}, intensity {stretch.intensity:.2f}"
    box = tag("input", type="checkbox", checked=True, data_line=line, data_frames=stretch.frame_count)
    picture = tag("img", src=still.address(), alt=f"{name}: {place}", width=still.width, height=still.height)
    words = tag("span", tag("span", place, class_="name"), tag("span", about, class_="quiet"), class_="words")
    return tag("label", picture, tag("span", box, words, class_="choice"), class_="stretch")


def _resource(name: str) -> str:
    return resources.files("mien.app.labelling").joinpath("data", name).read_text(encoding="utf-8")


def write_page(text: str, path: Path) -> None:
    """Write the page into a folder that is not published yet."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"
