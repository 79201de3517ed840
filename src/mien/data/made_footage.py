"""Footage whose expression was not filmed: clips that mien edited, known by the manifest in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mien.data.labelled_clip import Footage, LabelledClip
from mien.video.claim import EditClaim
from mien.video.provenance import claim_of


def with_claims(footage: Footage) -> tuple[Footage, frozenset[Path]]:
    """Note on every clip by what it was made, where its own manifest says so and its label does not.

    Returns:
        The footage, and the videos whose manifest says that mien edited them.
    """
    claims = {path: claim for path in {clip.path for clip in footage.clips} if (claim := claim_of(path)) is not None}
    clips = tuple(_noted(clip, claims.get(clip.path)) for clip in footage.clips)
    return replace(footage, clips=clips), frozenset(claims)


def _noted(clip: LabelledClip, claim: EditClaim | None) -> LabelledClip:
    return clip if clip.made_by or claim is None else replace(clip, made_by=f"mien, {claim.system}")


def made_sentences(clips: Collection[LabelledClip]) -> list[str]:
    """What the card of the footage says about clips that were made: one sentence for each maker."""
    counts = Counter(clip.made_by for clip in clips if clip.made_by)
    return [
        f"{count} of {len(clips)} clips were made by {maker}: what is trained on them learns what that does"
        for maker, count in sorted(counts.items())
    ]
