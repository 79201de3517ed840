"""Settings of StyleGAN and encoder, for texture maps and for mouths.

Numbers are CCFE 4.1.2, and where it points to them StyleGAN2's and pSp's own (``ccfe-parts.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from mien.errors import InputError
from mien.nn.pyramid_encoder import EncoderConfig
from mien.nn.stylegan2.generator import StyleGanConfig
from mien.training.device import Precision

Perceptual = Literal["lpips-alex", "gradients"]
"""``lpips-alex`` is pSp's, and needs the weights of AlexNet; ``gradients`` compares slopes at several scales, and is
what can be had without any download."""


@dataclass(frozen=True, slots=True)
class GanConfig:
    """How a StyleGAN is trained.

    Attributes:
        network: Its sizes.
        batch: Pictures a step.
        iterations: Steps.
        rate: Learning rate of Adam (betas 0 and 0.99), before the correction for lazy terms.
        r1: γ of R1.
        r1_every: Steps between two R1 terms.
        path: Weight of path length regularisation.
        path_every: Steps between two of them; they see half a batch.
        ema_pictures: Pictures after which the moving average has forgotten half.
        augment: Adaptive augmentation: not in the paper, whose footage is twenty times a user's.
        augment_pictures: Pictures over which its probability moves from 0 to 1.
        precision: Of the features; lazy terms are computed in float32.
    """

    network: StyleGanConfig
    batch: int = 16
    iterations: int = 100_000
    rate: float = 0.002
    r1: float = 10.0
    r1_every: int = 16
    path: float = 2.0
    path_every: int = 4
    ema_pictures: float = 10_000.0
    augment: bool = True
    augment_pictures: int = 100_000
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        for name in ("batch", "iterations", "r1_every", "path_every", "augment_pictures"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected 1 or more")
        for name in ("rate", "ema_pictures"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected more than 0")


@dataclass(frozen=True, slots=True)
class InversionConfig:
    """How an encoder is trained while the StyleGAN is kept.

    Attributes:
        network: Its sizes.
        batch: Pictures a step.
        iterations: Steps.
        rate: Learning rate of Adam.
        pixels: Weight of the mean squared difference.
        perceptual: Which perceptual distance.
        perceptual_weight: Its weight (pSp: 0.8 for LPIPS).
        spread: Weight of the styles' distance from the mean style, pSp's regulariser; 0 in CCFE.
        tune: Let the StyleGAN learn along, as pivotal tuning does (Roich et al. 2021), here for all pictures at once.
            Not in the paper, which has twenty times a user's footage and hours on a GPU: styles alone do not reach a
            face in the time of two CPU cores.
        tune_rate: The StyleGAN's learning rate then.
        cool_down: The last share of the steps, over which the learning rates fall to nothing.
        vary: Learn on blends of the pictures too, a little shifted, brighter or darker
            (:mod:`mien.systems.two_level.texture.variation`). Not in the paper.
        precision: Of the features.
        compiled: Let torch compile both networks (:func:`mien.training.device.compiled`). The sums round otherwise.
    """

    network: EncoderConfig
    batch: int = 4
    iterations: int = 100_000
    rate: float = 1e-4
    pixels: float = 1.0
    perceptual: Perceptual = "lpips-alex"
    perceptual_weight: float = 0.8
    spread: float = 0.0
    tune: bool = False
    tune_rate: float = 2e-3
    cool_down: float = 0.0
    vary: bool = False
    precision: Precision = "float32"
    compiled: bool = False

    def __post_init__(self) -> None:
        for name in ("batch", "iterations"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected 1 or more")
        if not min(self.rate, self.tune_rate) > 0 or min(self.pixels, self.perceptual_weight, self.spread) < 0:
            raise InputError("learning rates must be positive, and no weight of a loss negative")
        if not 0.0 <= self.cool_down <= 1.0:
            raise InputError(f"cool_down is {self.cool_down}; expected a share of the steps, 0 to 1")


@dataclass(frozen=True, slots=True)
class EigenConfig:
    """Eigenpictures beside the StyleGAN (:mod:`mien.systems.two_level.texture.codec`). Not in the paper.

    Attributes:
        count: How many; a multiple of the width of w.
        share: How much of the picture is theirs, 0 to 1.
    """

    count: int
    share: float

    def __post_init__(self) -> None:
        if self.count < 1 or not 0.0 <= self.share <= 1.0:
            raise InputError(f"count {self.count}, share {self.share}; expected 1 or more, and 0 to 1")


@dataclass(frozen=True, slots=True)
class PicturesConfig:
    """One kind of picture, generated and inverted.

    Attributes:
        gan: The StyleGAN.
        encoder: The encoder; its styles and latent must be the StyleGAN's.
        eigenpictures: Beside them; ``None`` for none.
    """

    gan: GanConfig
    encoder: InversionConfig
    eigenpictures: EigenConfig | None = None

    def __post_init__(self) -> None:
        if self.eigenpictures is not None and self.eigenpictures.count % self.encoder.network.latent:
            raise InputError(
                f"{self.eigenpictures.count} eigenpictures; expected a multiple of {self.encoder.network.latent}"
            )
        made, found = self.gan.network, self.encoder.network
        if (made.styles, made.latent) != (found.styles, found.latent):
            raise InputError(
                f"the encoder finds {found.styles} styles of {found.latent}, but the StyleGAN takes {made.styles} of "
                f"{made.latent}"
            )


def _narrow(
    resolution: int, width: int, encoder: EncoderConfig, gan_steps: int, encoder_steps: int, vary: bool
) -> PicturesConfig:
    """Sizes for a CPU: everything a fraction of the paper's."""
    gan = StyleGanConfig(resolution, LATENT, 4, width, 64, maps=True)
    return PicturesConfig(
        GanConfig(gan, batch=4, iterations=gan_steps, r1=1.0, ema_pictures=5_000, precision="auto"),
        InversionConfig(
            encoder,
            batch=4,
            iterations=encoder_steps,
            rate=5e-4,
            pixels=10.0,  # squares of a tuned StyleGAN's errors are small beside slopes
            perceptual="gradients",
            spread=1e-5,  # demodulation makes the styles' size free, and it would grow without end
            tune=True,
            cool_down=0.4,
            vary=vary,
            precision="auto",
        ),
    )


def _paper(resolution: int, gan_batch: int, gan_steps: int, encoder_steps: int) -> PicturesConfig:
    network = StyleGanConfig(resolution)
    return PicturesConfig(
        GanConfig(network, batch=gan_batch, iterations=gan_steps, augment=False),
        InversionConfig(EncoderConfig(styles=network.styles), batch=4, iterations=encoder_steps),
    )


LATENT = 128
"""Width of w at preset ``default``."""
UNITS, CHANNELS = (1, 2, 2, 1), (16, 32, 64, 64)
"""Of its encoders."""

TINY = PicturesConfig(
    GanConfig(StyleGanConfig(32, 16, 2, 512, 16), batch=4, iterations=20, r1_every=4, path_every=2),
    InversionConfig(
        EncoderConfig(32, 16, 8, (1, 1, 1, 1), (16, 16, 16, 16)), batch=4, iterations=20, perceptual="gradients"
    ),
)
TEXTURE: dict[str, PicturesConfig] = {
    "tiny": replace(TINY, eigenpictures=EigenConfig(16, 0.6)),
    "default": replace(
        _narrow(256, 4096, EncoderConfig(128, LATENT, 14, UNITS, CHANNELS), 600, 9_000, vary=True),
        eigenpictures=EigenConfig(6 * LATENT, 0.7),
    ),
    "paper": _paper(512, 16, 100_000, 100_000),
}
MOUTH: dict[str, PicturesConfig] = {
    "tiny": TINY,
    "default": _narrow(64, 1024, EncoderConfig(64, LATENT, 10, UNITS, CHANNELS), 800, 3_000, vary=False),
    "paper": _paper(128, 32, 30_000, 60_000),
}
