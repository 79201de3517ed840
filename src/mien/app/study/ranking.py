"""Tables of a study in which clips were put in order by intensity (DNT 5.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from mien.app.study.answers import Answers
from mien.app.study.key import KeyClip, KeyItem, StudyKey
from mien.app.study.results import Table
from mien.metrics.agreement import kendall_w
from mien.metrics.confidence import Interval, clustered_mean_interval, clustered_share_interval, mean_interval
from mien.metrics.intensity_order import perceived_intensity
from mien.types import DoubleArray

SCORES = (
    "s = Mx: M is the mean of the participants' order matrices, x the intensities; s = x where all are right. "
    "95 % intervals: Student's t over participants."
)
SYSTEMS = (
    "|s − x|: mean over clips. In order: share of orders that are wholly right. Tau: Kendall's rank correlation with "
    "the true order (1 right, −1 upside down), 95 % interval over participants. W: Kendall's concordance of the "
    "participants, mean over groups."
)


def order_tables(key: StudyKey, answers: Sequence[Answers]) -> tuple[Table, ...]:
    """Scores of every clip, and for each system how well intensity is seen.

    Args:
        key: Of a study of kind ``dnt``.
        answers: Of its participants.
    """
    rows: dict[str, tuple[Interval | None, ...]] = {}
    found: defaultdict[str, list[_Group]] = defaultdict(list)
    for item in sorted(key.items, key=lambda item: _label(key.clip(item.clips[0]))):
        group = _Group(item, key, answers)
        if not len(group.ranks):
            continue
        found[group.clips[0].system].append(group)
        # Each participant's own order matrix times x; their mean is DNT's score, and their spread its interval.
        seen = np.array([perceived_intensity(ranks[None], group.intensities) for ranks in group.ranks])
        for number, clip in enumerate(group.clips):
            rank = group.ranks[:, number].astype(float)
            name = f"{_label(clip)}, {clip.intensity:g}"
            rows[name] = (_plain(clip.intensity), mean_interval(list(seen[:, number])), mean_interval(list(rank)))
    scores = Table("scores", "Perceptual scores of intensity (as DNT's Figure 6)", "system, source, emotion, intensity",
                   ("x", "s", "rank"), rows, note=SCORES)  # fmt: skip
    systems = {system: _of_system(groups) for system, groups in sorted(found.items())}
    columns = ("|s − x|", "in order, %", "tau", "W")
    return scores, Table("systems", "Intensity as seen, by system", "system", columns, systems, note=SYSTEMS)


class _Group:
    """The clips of a page from the weakest to the strongest asked for, and the ranks that participants gave them."""

    def __init__(self, item: KeyItem, key: StudyKey, answers: Sequence[Answers]) -> None:
        self.clips: list[KeyClip] = sorted(map(key.clip, item.clips), key=lambda clip: clip.intensity)
        self.intensities: DoubleArray = np.array([clip.intensity for clip in self.clips])
        self.people: list[str] = []
        ranks = []
        for one in answers:
            order = next((answer.values.get("order") for answer in one.answers if answer.item == item.name), None)
            if isinstance(order, tuple):
                self.people.append(one.participant)
                ranks.append([order.index(clip.name) + 1 for clip in self.clips])
        self.ranks = np.array(ranks, np.int64).reshape(len(ranks), len(self.clips))

    @property
    def scores(self) -> DoubleArray:
        """DNT's s for each clip."""
        return perceived_intensity(self.ranks, self.intensities)


def _of_system(groups: Sequence[_Group]) -> tuple[Interval | None, ...]:
    from scipy.stats import kendalltau

    off = np.concatenate([np.abs(group.scores - group.intensities) for group in groups])
    right: defaultdict[str, list[bool]] = defaultdict(list)
    taus: defaultdict[str, list[float]] = defaultdict(list)
    for group in groups:
        true = np.arange(1, len(group.clips) + 1)
        for person, ranks in zip(group.people, group.ranks, strict=True):
            right[person].append(bool((ranks == true).all()))
            taus[person].append(float(kendalltau(true, ranks).statistic))
    share = clustered_share_interval(list(right.values()))
    ends = [None if end is None else 100.0 * end for end in (share.low, share.high)]
    agreed = [w for w in (kendall_w(group.ranks) for group in groups) if w is not None]
    return (
        _plain(float(off.mean()), len(off)),
        Interval(100.0 * share.value, ends[0], ends[1], share.count),
        clustered_mean_interval(list(taus.values())),
        _plain(float(np.mean(agreed)), len(agreed)) if agreed else None,
    )


def _plain(value: float, count: int = 1) -> Interval:
    return Interval(value, None, None, count)


def _label(clip: KeyClip) -> str:
    seed = "" if clip.seed is None else f" (seed {clip.seed})"
    return f"{clip.system}{seed}, {clip.source or '-'}, {clip.emotion}"
