"""From answers to the papers' tables: CCFE's Table 6, NED's Tables 2 and 3, DNT's perceptual scores of intensity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mien.app.study.answers import Answers
from mien.app.study.key import KeyClip, StudyKey
from mien.app.study.questions import Question
from mien.app.study.ranking import order_tables
from mien.app.study.results import StudyResults, Table
from mien.metrics.agreement import krippendorff_alpha
from mien.metrics.confidence import Interval, clustered_mean_interval, clustered_share_interval, mean_interval

REAL = 4
"""NED counts ratings of realism from here on as "real"."""

MEANS = (
    "95 % intervals: Student's t over the participants' own means, since answers of one person are not independent; "
    "they speak of people, for these clips."
)
SHARES = (
    "95 % intervals: Wilson's, with the effective number of answers, since answers of one person are not independent."
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One answer to one question on one clip.

    Attributes:
        participant: Who.
        clip: On what.
        question: The question's key.
        value: The rating, or the number of the word chosen.
    """

    participant: str
    clip: KeyClip
    question: str
    value: int


def analyse_study(key: StudyKey, answers: Sequence[Answers]) -> StudyResults:
    """Make all tables of a study.

    Args:
        key: Of the study.
        answers: Of its participants, from :func:`~mien.app.study.answers.read_answers`.
    """
    judged = _judgements(key, answers)
    if key.kind == "ccfe":
        tables = _ccfe(judged, key.questions)
    elif key.kind == "ned":
        tables = _ned(judged, key.questions)
    else:
        tables = order_tables(key, answers)
    partial = {one.participant: len(one.answers) for one in answers if not one.complete}
    return StudyResults(key.study, key.kind, key.title, len(answers), len(key.items), partial, tables)


def _judgements(key: StudyKey, answers: Sequence[Answers]) -> list[Judgement]:
    questions = {question.key: question for question in key.questions}
    clips = {item.name: key.clip(item.clips[0]) for item in key.items}
    found = []
    for one in answers:
        for answer in one.answers:
            for name, value in answer.values.items():
                if not isinstance(value, tuple):
                    number = value if isinstance(value, int) else questions[name].options.index(value)
                    found.append(Judgement(one.participant, clips[answer.item], name, number))
    return found


def _ccfe(judged: Sequence[Judgement], questions: Sequence[Question]) -> tuple[Table, ...]:
    columns = tuple(question.key for question in questions)

    def means(by: Callable[[Judgement], str]) -> dict[str, tuple[Interval | None, ...]]:
        return {
            row: tuple(_mean(j for j in judged if by(j) == row and j.question == name) for name in columns)
            for row in sorted({by(j) for j in judged})
        }

    tables = [
        Table("ratings", "Mean ratings, 1 to 5 (as CCFE's Table 6)", "system", columns,
              means(lambda j: j.clip.system), note=MEANS),
        Table("ratings_by_emotion", "Mean ratings by emotion", "system, emotion", columns,
              means(lambda j: f"{j.clip.system}, {j.clip.emotion}")),
    ]  # fmt: skip
    pairs = list(combinations(sorted({j.clip.system for j in judged}), 2))
    if pairs:
        rows = {f"{a} − {b}": tuple(_difference(judged, a, b, name) for name in columns) for a, b in pairs}
        note = "95 % intervals: Student's t over participants who judged both; not corrected for several comparisons."
        tables.append(Table("differences", "Differences between systems, same participants", "systems", columns, rows,
                            note=note))  # fmt: skip
    return (*tables, _agreement(judged, questions))


def _ned(judged: Sequence[Judgement], questions: Sequence[Question]) -> tuple[Table, ...]:
    words = next(question.options for question in questions if question.kind == "choice")
    systems = tuple(sorted({j.clip.system for j in judged}))
    emotions = [word for word in words if any(j.clip.emotion == word for j in judged)]
    real = [j for j in judged if j.question == "realism"]
    named = [j for j in judged if j.question == "emotion"]
    shares = (
        ("realism", "Realism: ratings of 4 or 5 (as NED's Table 2)", real, lambda j: j.value >= REAL),
        ("accuracy", "Emotion recognised (as NED's Table 2)", named, lambda j: words[j.value] == j.clip.emotion),
    )
    tables = [_by_emotion(*share, systems, emotions) for share in shares]
    tables.append(_rating_counts(real))
    for system in systems:
        own = [j for j in named if j.clip.system == system]
        rows = {
            emotion: tuple(
                _share([j for j in own if j.clip.emotion == emotion], _chose(number)) for number in range(len(words))
            )
            for emotion in emotions
        }
        title = f"What was seen, {system}"
        tables.append(Table(f"confusion[{system}]", title, "asked for", words, rows, "%", 0, SHARES))
    return (*tables, _agreement(judged, questions))


def _chose(number: int) -> Callable[[Judgement], bool]:
    return lambda judgement: judgement.value == number


def _by_emotion(
    key: str, title: str, judged: Sequence[Judgement], hit: Callable[[Judgement], bool], systems: Sequence[str],
    emotions: Sequence[str],
) -> Table:  # fmt: skip
    rows = {
        emotion: tuple(
            _share([j for j in judged if (j.clip.system, j.clip.emotion) == (system, emotion)], hit)
            for system in systems
        )
        for emotion in emotions
    }
    # The papers' last line is the mean over emotions, not over answers: the two differ where emotions are not balanced.
    rows["avg."] = tuple(_average([row[column] for row in rows.values()]) for column in range(len(systems)))
    rows["all answers"] = tuple(_share([j for j in judged if j.clip.system == s], hit) for s in systems)
    return Table(key, title, "emotion", tuple(systems), rows, "%", 0, SHARES)


def _rating_counts(real: Sequence[Judgement]) -> Table:
    columns = ("1", "2", "3", "4", "5", "4 or 5, %")
    rows: dict[str, tuple[Interval | None, ...]] = {}
    for system, source in sorted({(j.clip.system, j.clip.source) for j in real}):
        own = [j for j in real if (j.clip.system, j.clip.source) == (system, source)]
        counts = [sum(j.value == rating for j in own) for rating in range(1, 6)]
        numbers = tuple(Interval(float(count), None, None, len(own)) for count in counts)
        rows[f"{system}, {source or '-'}"] = (*numbers, _share(own, lambda j: j.value >= REAL))
    return Table("realism_counts", "Ratings of realism (as NED's Table 3)", "system, source", columns, rows, digits=0)


def _agreement(judged: Sequence[Judgement], questions: Sequence[Question]) -> Table:
    """Krippendorff's alpha of each question: ordinal for ratings, nominal for words."""
    people = {name: n for n, name in enumerate(sorted({j.participant for j in judged}))}
    clips = {name: n for n, name in enumerate(sorted({j.clip.name for j in judged}))}
    cells: list[Interval | None] = []
    for question in questions:
        ratings = np.full((len(people), len(clips)), np.nan)
        for j in judged:
            if j.question == question.key:
                ratings[people[j.participant], clips[j.clip.name]] = j.value
        alpha = krippendorff_alpha(ratings, "nominal" if question.kind == "choice" else "ordinal")
        cells.append(None if alpha is None else Interval(alpha, None, None, len(people)))
    note = "1: all agree; 0: as by chance. Ordinal for ratings, nominal for words."
    title = "Agreement between participants (Krippendorff's alpha)"
    return Table("agreement", title, "", tuple(q.key for q in questions), {"alpha": tuple(cells)}, note=note)


def _clusters(judged: Iterable[Judgement]) -> Mapping[Hashable, list[Judgement]]:
    clusters: defaultdict[Hashable, list[Judgement]] = defaultdict(list)
    for j in judged:
        clusters[j.participant].append(j)
    return clusters


def _mean(judged: Iterable[Judgement]) -> Interval | None:
    clusters = _clusters(judged)
    return clustered_mean_interval([[j.value for j in own] for own in clusters.values()]) if clusters else None


def _share(judged: Sequence[Judgement], hit: Callable[[Judgement], bool]) -> Interval | None:
    clusters = _clusters(judged)
    if not clusters:
        return None
    found = clustered_share_interval([[hit(j) for j in own] for own in clusters.values()])
    ends = [None if end is None else 100.0 * end for end in (found.low, found.high)]
    return Interval(100.0 * found.value, ends[0], ends[1], found.count)


def _average(cells: Sequence[Interval | None]) -> Interval | None:
    there = [cell.value for cell in cells if cell is not None]
    return Interval(float(np.mean(there)), None, None, len(there)) if there else None


def _difference(judged: Sequence[Judgement], first: str, second: str, question: str) -> Interval | None:
    """Mean over participants of their own mean for one system less that for the other."""
    differences = []
    for own in _clusters(j for j in judged if j.question == question).values():
        values = [[j.value for j in own if j.clip.system == system] for system in (first, second)]
        if values[0] and values[1]:
            differences.append(float(np.mean(values[0]) - np.mean(values[1])))
    return mean_interval(differences) if differences else None
