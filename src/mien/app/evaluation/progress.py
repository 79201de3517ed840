"""One progress over many clips."""

from __future__ import annotations

from mien.app.jobs import Progress, ProgressCallback, Stage, StageClock


class Share:
    """Tells how far many jobs have come, as one.

    Args:
        count: How many there are.
        progress: Told; None for nobody.
        stage: What the jobs do together.
    """

    def __init__(self, count: int, progress: ProgressCallback | None, stage: Stage = "measure") -> None:
        self.count = max(1, count)
        self._clock = StageClock(stage, progress)

    def part(self, number: int) -> Part:
        """The ``number``-th job's own, from 0."""
        return Part(self, number)

    def at(self, fraction: float) -> None:
        """Tell that so much of all is done."""
        self._clock.at(fraction)


class Part:
    """One job of a :class:`Share`, which may have steps of its own."""

    def __init__(self, share: Share, number: int, start: float = 0.0, stop: float = 1.0) -> None:
        self._share, self._number, self._start, self._stop = share, number, start, stop

    def step(self, start: float, stop: float) -> Part:
        """A step of this job, from one fraction of it to another."""
        return Part(self._share, self._number, start, stop)

    def at(self, fraction: float) -> None:
        """Tell that so much of the step is done."""
        self._share.at((self._number + self._start + (self._stop - self._start) * fraction) / self._share.count)

    def __call__(self, progress: Progress) -> None:
        """Take the progress of a job that has its own stages."""
        self.at(progress.fraction)
