"""StyleGAN2: our forward pass and training step beside a public PyTorch implementation, on this machine.

    git clone https://github.com/NVlabs/stylegan2-ada-pytorch /tmp/reference   # never a part of this project
    python -m benchmarks.stylegan2_speed --reference /tmp/reference [--repeats 5]

The same weights go into both, so that the outputs can be compared first. Then both run in turn, one call each, so that
whatever else the machine does hits both alike; kept are the smallest processor times, and what counts is their
ratio: on a busy machine the times themselves are too long. Both in float32, on as many threads as `OMP_NUM_THREADS`
says. On a CPU the reference takes its plain PyTorch path (its kernels are CUDA's). At the paper's size a training step
is left out: it takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.report import Figure, show, write
from mien.nn.stylegan2.discriminator import Discriminator
from mien.nn.stylegan2.generator import Generator, StyleGanConfig
from mien.nn.stylegan2.losses import discriminator_loss, generator_loss
from mien.systems.two_level.texture.config import TEXTURE

CONFIGS = {
    "64 px, half width": StyleGanConfig(64, latent=256, channel_base=16384, channel_limit=256),
    "128 px, eighth width": StyleGanConfig(128, latent=128, channel_base=4096, channel_limit=64),
    "256 px, quarter width": StyleGanConfig(256, latent=256, channel_base=8192, channel_limit=128),
    "preset default": TEXTURE["default"].gan.network,
    "preset paper": TEXTURE["paper"].gan.network,
}
FORWARD_ONLY = ("preset paper",)
BATCH = 4
SAME = 1e-4
"""Largest difference of the outputs, in their root mean squares: float32 sums in another order, layer after layer. Of
the scores at the paper's size ours and theirs are both about 1e-6 away from ours in float64."""


def reference(config: StyleGanConfig, folder: Path) -> tuple[Any, Any]:
    """The reference's generator and discriminator, of the same sizes."""
    sys.path.insert(0, str(folder))
    from training import networks

    sizes = {"channel_base": config.channel_base, "channel_max": config.channel_limit, "num_fp16_res": 0}
    generator = networks.Generator(
        z_dim=config.latent, c_dim=0, w_dim=config.latent, img_resolution=config.resolution, img_channels=config.colors,
        mapping_kwargs={"num_layers": config.mapping_layers}, synthesis_kwargs=sizes,
    )  # fmt: skip
    discriminator = networks.Discriminator(
        c_dim=0, img_resolution=config.resolution, img_channels=config.colors, **sizes
    )
    return generator, discriminator


def generator_names(config: StyleGanConfig) -> dict[str, str]:
    """Our parameters' names to the reference's."""
    names = {"synthesis.constant": "synthesis.b4.const"}
    for k in range(config.mapping_layers):
        names |= {f"mapping.layers.{k}.{part}": f"mapping.fc{k}.{part}" for part in ("weight", "bias")}
    layers = {"first": "b4.conv1", "to_colors.0": "b4.torgb"}
    for k, r in enumerate(config.resolutions[1:]):
        layers |= {
            f"ups.{k}": f"b{r}.conv0",
            f"convolutions.{k}": f"b{r}.conv1",
            f"to_colors.{k + 1}": f"b{r}.torgb",
        }
    for ours, theirs in layers.items():
        names |= {
            f"synthesis.{ours}.{mine}": f"synthesis.{theirs}.{other}"
            for mine, other in (
                ("convolution.weight", "weight"),
                ("convolution.affine.weight", "affine.weight"),
                ("convolution.affine.bias", "affine.bias"),
                ("bias", "bias"),
                ("noise_strength", "noise_strength"),
            )
            if not (mine == "noise_strength" and ours.startswith("to_colors"))
        }
    return names


def discriminator_names(config: StyleGanConfig) -> dict[str, str]:
    """Our parameters' names to the reference's."""
    layers = {"from_color": f"b{config.resolution}.fromrgb", "last": "b4.conv", "dense": "b4.fc", "score": "b4.out"}
    for k, r in enumerate(config.resolutions[:0:-1]):
        layers |= {f"blocks.{k}.first": f"b{r}.conv0", f"blocks.{k}.second": f"b{r}.conv1"}
    names = {f"{o}.{part}": f"{t}.{part}" for o, t in layers.items() for part in ("weight", "bias")}
    return names | {f"blocks.{k}.skip.weight": f"b{r}.skip.weight" for k, r in enumerate(config.resolutions[:0:-1])}


@torch.no_grad()
def share_weights(ours: torch.nn.Module, theirs: torch.nn.Module, names: dict[str, str]) -> None:
    """Give both the same weights, none of them at a trivial value."""
    mine, other = dict(ours.named_parameters()), dict(theirs.named_parameters())
    if set(names) != set(mine) or set(names.values()) != set(other):
        raise SystemExit("the reference has other parameters than NVlabs/stylegan2-ada-pytorch")
    for name, parameter in mine.items():
        parameter.add_(0.1 * torch.randn_like(parameter))
        other[names[name]].copy_(parameter)


def steps(generator: Callable[[Tensor], Tensor], discriminator: Callable[[Tensor], Tensor], config: StyleGanConfig):
    """A forward pass of one picture, and a training step of both networks without regularisation."""
    real = torch.randn(BATCH, config.colors, config.resolution, config.resolution)

    def forward() -> None:
        with torch.no_grad():
            generator(torch.randn(1, config.latent))

    def train() -> None:
        generator_loss(discriminator(generator(torch.randn(BATCH, config.latent)))).backward()
        with torch.no_grad():
            fake = generator(torch.randn(BATCH, config.latent))
        discriminator_loss(discriminator(real), discriminator(fake)).backward()

    return {"forward": forward, f"training step, batch {BATCH}": train}


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference, in root mean squares."""
    return float((one - other).abs().max() / other.square().mean().sqrt())


def measure(name: str, config: StyleGanConfig, folder: Path, repeats: int) -> list[Figure]:
    """Figures of one size."""
    torch.manual_seed(0)
    ours = Generator(config), Discriminator(config)
    theirs = reference(config, folder)
    share_weights(ours[0], theirs[0], generator_names(config))
    share_weights(ours[1], theirs[1], discriminator_names(config))
    theirs[0].eval()  # its training mode only moves the mean w
    z, picture = torch.randn(4, config.latent), torch.randn(4, config.colors, config.resolution, config.resolution)
    with torch.no_grad():
        first, second = ours[0](z, "none"), theirs[0](z, None, noise_mode="none")
        scores = ours[1](picture), theirs[1](picture, None)[:, 0]
    figures = [
        Figure(f"largest difference of {what}, over their rms", "", name, difference, at_most=SAME)
        for what, difference in (("pictures", apart(first, second)), ("scores", apart(*scores)))
    ]
    mine = steps(lambda w: ours[0](w, "random"), ours[1], config)
    other = steps(lambda w: theirs[0](w, None), lambda x: theirs[1](x, None)[:, 0], config)
    for step in ("forward",) if name in FORWARD_ONLY else tuple(mine):
        seconds = {"ours": float("inf"), "reference": float("inf")}
        for _ in range(repeats + 1):  # the first warms up
            for who, run in (("ours", mine[step]), ("reference", other[step])):
                started = time.process_time()
                run()
                seconds[who] = min(seconds[who], time.process_time() - started)
        figures += [Figure(f"{step} [s of processor]", who, name, value) for who, value in seconds.items()]
        figures.append(Figure(f"{step}, ours over reference", "", name, seconds["ours"] / seconds["reference"]))
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, required=True, help="a checkout of NVlabs/stylegan2-ada-pytorch")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if not (options.reference / "training" / "networks.py").is_file():
        raise SystemExit(f"{options.reference} holds no training/networks.py")
    figures = [f for name, config in CONFIGS.items() for f in measure(name, config, options.reference, options.repeats)]
    for figure in figures:
        print(figure.line())
    show(figures)
    print(write("stylegan2_speed", figures))


if __name__ == "__main__":
    main()
