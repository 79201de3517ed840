"""``mien train two_level``: an actor for the system `two_level` (CCFE)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from mien.app.cli.report import Report, ReportOptions
from mien.app.cli.torch_needed import needs_torch

if TYPE_CHECKING:
    from mien.systems.two_level.actor import Actor


def two_level(
    prepared: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    preset: str = "default",
    perceptual: Literal["lpips-alex", "gradients"] | None = None,
    seed: int = 0,
    device: str = "auto",
    init: Path | None = None,
    again: str | None = None,
    held_out: float = 0.2,
    checkpoint_s: float = 60.0,
    compiled: Annotated[bool, Parameter(name="--compile")] = False,
    overwrite: bool = False,
    report: ReportOptions | None = None,
) -> None:
    """Train an actor for the system two_level (CCFE): shape, texture maps and mouth.

    The stages keep their state, logs and sample pictures in .NAME.training beside the actor. On several GPUs:
    torchrun --nproc-per-node 4 -m mien train two_level PREPARED -o NAME.

    Args:
        prepared: Made by `mien prepare`.
        output: The actor's folder to make.
        preset: tiny (to try it out), default (for two CPU cores), or paper (512 px; wants a GPU).
        perceptual: Perceptual distance of the encoders, in place of the preset's; lpips-alex needs its weights.
        seed: Of everything random.
        device: auto, cpu, cuda, cuda:1.
        init: Another actor of the same preset and emotions to start from.
        again: Do one stage again: shape, texture, texture_encoder, mouth or mouth_encoder.
        held_out: The last share of every clip that is kept to measure on.
        checkpoint_s: Seconds from one checkpoint to the next: what a killed training has to do again at most.
        compiled: Let torch compile the encoders' networks; needs a C++ compiler, takes some minutes first.
        overwrite: Replace an actor that is there already.
        report: How much is told.
    """
    needs_torch()
    from mien.data.prepared import open_prepared
    from mien.morphable import builtin
    from mien.systems.two_level.make import MakeOptions, make_actor
    from mien.training.ranks import is_first

    options = MakeOptions(preset, perceptual, seed, device, init, again, held_out, overwrite, checkpoint_s, compiled)
    with Report(report if is_first() else ReportOptions(quiet=True)) as told:
        actor = make_actor(open_prepared(prepared), builtin.load(), output, options, told.stages())
        if is_first():
            told.result(_text(output, actor), _data(output, actor))


def _text(output: Path, actor: Actor) -> str:
    found = actor.card["measures"]
    agreed = actor.card["consent"] or "no consent is stated in the footage's card"
    real = found.get("shape_recognised_real")
    beside = "" if real is None else f" ({real:.0%} of the real faces held out)"
    pictures = f"PSNR {found['texture_psnr_db']:.1f} dB of texture maps, {found['mouth_psnr_db']:.1f} dB of mouths"
    ways = f"cycle {found['shape_cycle_mm']:.2f} mm, lips {found['shape_lips_mm']:.2f} mm"
    return "\n".join(
        [
            f"{output}: {actor.card['actor']} ({agreed}); emotions: {', '.join(actor.sizes.emotions)}",
            f"  drawn again: {pictures}",
            f"  shape: {found['shape_recognised']:.0%} of edits recognised{beside}, {ways}",
        ]
    )


def _data(output: Path, actor: Actor) -> dict[str, Any]:
    return {
        "output": str(output),
        "emotions": list(actor.sizes.emotions),
        "measures": actor.card["measures"],
        "consent": actor.card["consent"],
    }
