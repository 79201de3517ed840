"""An actor: what training on one person's footage leaves. A folder of tensors and a card; loading it runs no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import InputError, ModelError
from mien.morphable.model import MorphableModel
from mien.morphable.signature import check_model
from mien.nn.eigenpictures import Eigenpictures, EigenSizes
from mien.nn.model_folder import read_model_folder, write_model_folder
from mien.nn.pyramid_encoder import EncoderConfig, PyramidEncoder
from mien.nn.stylegan2.generator import Generator, StyleGanConfig
from mien.systems.two_level.shape.config import ShapeConfig
from mien.systems.two_level.shape.model import ShapeGenerator
from mien.systems.two_level.texture.codec import PictureCodec
from mien.types import DoubleArray

FORM = "mien actor of two_level"
SCHEMA = 2


@dataclass(frozen=True, slots=True)
class ActorSizes:
    """What the networks of an actor are built from.

    Attributes:
        identity: Identity coefficients of the morphable model.
        expression: Its expression coefficients; n_c is both.
        emotions: The non-neutral emotions that it can show.
        shape: Level 1.
        texture: StyleGAN of the texture maps.
        texture_encoder: Its encoder.
        mouth: StyleGAN of the mouths.
        mouth_encoder: Its encoder.
        eigenpictures: Of the texture maps; ``None`` for none.
        eigen_share: How much of a texture map is theirs.
    """

    identity: int
    expression: int
    emotions: tuple[str, ...]
    shape: ShapeConfig
    texture: StyleGanConfig
    texture_encoder: EncoderConfig
    mouth: StyleGanConfig
    mouth_encoder: EncoderConfig
    eigenpictures: EigenSizes | None = None
    eigen_share: float = 0.0


class Person(nn.Module):
    """Who it is, and where their emotions lie.

    Attributes:
        alpha: ``(A,)`` identity coefficients.
        directions: ``(n_e, n, latent)`` of the texture maps' codes (eq. 12).
    """

    alpha: Tensor
    directions: Tensor

    def __init__(self, sizes: ActorSizes, rows: int) -> None:
        super().__init__()
        self.register_buffer("alpha", torch.zeros(sizes.identity))
        self.register_buffer("directions", torch.zeros(len(sizes.emotions), rows, sizes.texture.latent))


class Actor:
    """The networks of one actor, ready to edit.

    Args:
        sizes: What they are built from.
        card: What it was made from: footage, consent, figures; see :func:`save`.
    """

    def __init__(self, sizes: ActorSizes, card: Mapping[str, Any]) -> None:
        self.sizes, self.card = sizes, dict(card)
        self.shape = ShapeGenerator(sizes.shape, sizes.identity + sizes.expression, len(sizes.emotions))
        eigen = None if sizes.eigenpictures is None else Eigenpictures(sizes.eigenpictures)
        self.texture = PictureCodec(
            Generator(sizes.texture), PyramidEncoder(sizes.texture_encoder), eigen, sizes.eigen_share
        )
        self.mouth = PictureCodec(Generator(sizes.mouth), PyramidEncoder(sizes.mouth_encoder))
        self.person = Person(sizes, self.texture.rows)

    @property
    def known_landmarks(self) -> DoubleArray:
        """Whether all footage of an emotion said where its landmarks are ``(n_e,)``, 0 or 1.

        Textures read there show a brow where the shape has it. A tracker sees two thirds of its rise, and the textures
        that are read where it sees them show the rest of the way.
        """
        clips = (self.card.get("footage") or {}).get("clips", ())
        said = {
            name: {clip.get("landmarks") for clip in clips if clip.get("emotion") == name}
            for name in self.sizes.emotions
        }
        return np.array([float(said[name] == {"known"}) for name in self.sizes.emotions])

    def modules(self) -> dict[str, nn.Module]:
        """Everything with weights."""
        eigen = self.texture.eigenpictures
        return {
            "shape": self.shape,
            "texture": self.texture.generator,
            "texture_encoder": self.texture.encoder,
            **({} if eigen is None else {"texture_eigenpictures": eigen}),
            "mouth": self.mouth.generator,
            "mouth_encoder": self.mouth.encoder,
            "person": self.person,
        }

    def ready(self, device: torch.device | None = None) -> Actor:
        """Itself, on a device, no longer learning."""
        for module in self.modules().values():
            module.to(device or torch.device("cpu")).eval().requires_grad_(False)
        return self

    def check_model(self, model: MorphableModel) -> None:
        """Refuse a morphable model other than the actor's.

        Raises:
            ModelError: It is another one.
        """
        check_model(self.card.get("model", {}), model, f"the actor {self.card.get('actor')} was trained")


def save_actor(folder: Path, actor: Actor) -> None:
    """Write an actor: ``weights.safetensors`` and ``card.json``; it appears when it is whole.

    Raises:
        OutputError: The disk refuses.
    """
    card = {**actor.card, "sizes": asdict(actor.sizes)}
    write_model_folder(folder, FORM, SCHEMA, card, actor.modules())


def load_actor(folder: Path) -> Actor:
    """Read an actor.

    Raises:
        ModelError: It is missing, damaged, or of another system or version.
    """
    card, states = read_model_folder(folder, FORM, SCHEMA)
    try:
        actor = Actor(_sizes(card["sizes"]), card)
        for name, module in actor.modules().items():
            module.load_state_dict(states[name])
    except (KeyError, TypeError, AttributeError, RuntimeError, InputError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"the actor {folder} is damaged: {reason}") from error
    return actor.ready()


def _sizes(data: Mapping[str, Any]) -> ActorSizes:
    def rebuilt(kind: type, values: Mapping[str, Any]) -> Any:
        return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})

    return ActorSizes(
        identity=data["identity"],
        expression=data["expression"],
        emotions=tuple(data["emotions"]),
        shape=rebuilt(ShapeConfig, data["shape"]),
        texture=rebuilt(StyleGanConfig, data["texture"]),
        texture_encoder=rebuilt(EncoderConfig, data["texture_encoder"]),
        mouth=rebuilt(StyleGanConfig, data["mouth"]),
        mouth_encoder=rebuilt(EncoderConfig, data["mouth_encoder"]),
        eigenpictures=rebuilt(EigenSizes, data["eigenpictures"]) if data["eigenpictures"] else None,
        eigen_share=data["eigen_share"],
    )
