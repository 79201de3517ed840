"""An actor is trained stage by stage, goes on after a break, is saved and loaded, and can be started from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dataclasses import replace  # noqa: E402

from mien.data.prepared import PreparedFootage  # noqa: E402
from mien.errors import InputError, ModelError  # noqa: E402
from mien.morphable import builtin  # noqa: E402
from mien.morphable.signature import signature  # noqa: E402
from mien.systems.two_level.actor import Actor, load_actor, save_actor  # noqa: E402
from mien.systems.two_level.config import PRESETS, preset_named  # noqa: E402
from mien.systems.two_level.material import UNSEEN_SHARE, Material, PictureSource  # noqa: E402
from mien.systems.two_level.stages import STAGES, TrainingPlan  # noqa: E402
from mien.systems.two_level.texture.losses import gradient_distance  # noqa: E402
from mien.systems.two_level.train import forget_stage, train_actor  # noqa: E402


def brief(preset_name: str = "tiny", steps: int = 4):
    """The preset with hardly any steps."""
    preset = PRESETS[preset_name]
    pictures = replace(
        preset.texture,
        gan=replace(preset.texture.gan, iterations=steps),
        encoder=replace(preset.texture.encoder, iterations=steps),
    )
    return replace(preset, shape=replace(preset.shape, iterations=steps), texture=pictures, mouth=pictures)


def card() -> dict:
    model = builtin.load()
    return {"model": signature(model), "consent": "a drawn face"}


@pytest.fixture(scope="module")
def material(footage: PreparedFootage) -> Material:
    return Material(footage, builtin.load(), held_out=0.2)


@pytest.fixture(scope="module")
def trained(material: Material, tmp_path_factory: pytest.TempPathFactory) -> tuple[Actor, Path, list[str]]:
    folder, stages = tmp_path_factory.mktemp("work"), []
    plan = TrainingPlan(brief(), folder, {"gradients": gradient_distance})
    actor = train_actor(plan, material, card(), lambda stage, _: stages.append(stage))
    return actor, folder, stages


def test_the_last_fifth_of_every_clip_is_held_out(material: Material, footage: PreparedFootage) -> None:
    assert len(material.rows) == 32
    assert material.held_out.tolist() == [*range(16, 20), *range(36, 40)]
    assert len(material.shape_footage.coefficients) == 32
    assert material.emotions == ("happy",)
    with pytest.raises(InputError, match="held_out"):
        Material(footage, builtin.load(), held_out=0.9)


def test_texels_that_were_not_seen_count_little(material: Material) -> None:
    batch = PictureSource(material, "texture", 32).inversion(np.array([0, 5]))
    assert batch.shown.shape == (2, 3, 32, 32)
    assert batch.share is not None
    assert batch.share[0, 0, 16, 0].item() == pytest.approx(UNSEEN_SHARE)
    assert batch.share[0, 0, 16, 20].item() == 1.0


def test_mouths_have_their_inside_cut_out(material: Material) -> None:
    source = PictureSource(material, "mouth", 32)
    open_row, closed_row = 5, 0  # |sin(5/3)| is almost 1, |sin(0)| is 0
    batch = source.inversion(np.array([open_row, closed_row]))
    changed = (batch.shown != batch.wanted).any(dim=1).sum(dim=(1, 2))
    assert changed[0] > 30  # px of 32 x 32: a mouth open wide
    assert changed[1] < changed[0] / 4
    hole = torch.nonzero((batch.shown[0] != batch.wanted[0]).any(dim=0)).float().mean(dim=0)
    assert (hole - 16).abs().max() < 6  # in the middle of the crop


def test_pictures_are_brought_to_the_side_asked_for(material: Material) -> None:
    small = PictureSource(material, "texture", 8).pictures(np.array([3]))
    large = PictureSource(material, "texture", 32).pictures(np.array([3]))
    wanted = torch.nn.functional.avg_pool2d(large, 4)
    torch.testing.assert_close(small, wanted, rtol=0, atol=1 / 127)  # rounded to 8 bits


def test_every_stage_runs_and_leaves_samples(trained) -> None:
    actor, folder, stages = trained
    assert list(dict.fromkeys(stages)) == list(STAGES)
    for stage in STAGES:
        assert (folder / stage / "log.jsonl").is_file()
        assert stage == "shape" or list((folder / stage / "samples").glob("*.png"))
    assert actor.person.directions.shape == (1, 9, 16)  # eight styles, one row of eigenpictures
    assert actor.person.directions.abs().sum() > 0


def test_called_again_it_is_done_at_once_and_the_same(trained, material: Material) -> None:
    actor, folder, _ = trained
    plan = TrainingPlan(brief(), folder, {"gradients": gradient_distance})
    again = train_actor(plan, material, card())
    for name, module in actor.modules().items():
        for key, value in module.state_dict().items():
            torch.testing.assert_close(again.modules()[name].state_dict()[key], value, rtol=0, atol=0, msg=name)


def test_another_preset_in_the_same_folder_is_refused(trained, material: Material) -> None:
    _, folder, _ = trained
    other = replace(brief(), shape=replace(brief().shape, lips=3.0))
    with pytest.raises(InputError, match="another config"):
        train_actor(TrainingPlan(other, folder, {"gradients": gradient_distance}), material, card())


def test_saved_and_loaded_it_is_the_same(trained, tmp_path: Path) -> None:
    actor, _, _ = trained
    save_actor(tmp_path / "ann", actor)
    loaded = load_actor(tmp_path / "ann")
    assert loaded.sizes == actor.sizes
    assert loaded.card["consent"] == "a drawn face"
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    codes = [a.texture.encode(x) for a in (actor, loaded)]
    assert codes[0].shape == (1, 9, 16)
    torch.testing.assert_close(codes[0], codes[1], rtol=0, atol=0)
    drawn = [a.texture.draw(codes[0]) for a in (actor, loaded)]
    torch.testing.assert_close(drawn[0], drawn[1], rtol=0, atol=0)


def test_damaged_actors_are_one_sentence(trained, tmp_path: Path) -> None:
    actor, _, _ = trained
    with pytest.raises(ModelError, match="is no mien actor"):
        load_actor(tmp_path / "nobody")
    save_actor(tmp_path / "ann", actor)
    weights = tmp_path / "ann" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 255
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        load_actor(tmp_path / "ann")


def test_an_actor_of_another_face_model_is_refused(trained) -> None:
    actor, _, _ = trained
    actor.check_model(builtin.load())
    model = builtin.load()
    with pytest.raises(ModelError, match="not with 'flame'"):
        actor.check_model(replace(model, name="flame", mean=model.mean + 1))


def test_starting_from_another_actor_begins_with_its_weights(trained, material: Material, tmp_path: Path) -> None:
    actor, _, _ = trained
    plan = TrainingPlan(brief(steps=1), tmp_path / "begun", {"gradients": gradient_distance}, seed=1)
    begun = train_actor(replace(plan, start_from=actor), material, card())
    fresh = train_actor(replace(plan, folder=tmp_path / "fresh"), material, card())

    def distance(other: Actor) -> float:
        pairs = zip(actor.texture.generator.parameters(), other.texture.generator.parameters(), strict=True)
        return sum(float((a - b).abs().sum()) for a, b in pairs)

    assert distance(begun) < distance(fresh) / 10


def test_a_stage_is_forgotten_with_what_is_built_on_it(tmp_path: Path) -> None:
    for stage in STAGES:
        (tmp_path / stage).mkdir()
    forget_stage(tmp_path, "texture")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mouth", "mouth_encoder", "shape"]
    with pytest.raises(InputError, match="no stage"):
        forget_stage(tmp_path, "nose")


def test_a_preset_that_is_not_there() -> None:
    with pytest.raises(InputError, match="tiny, default, paper"):
        preset_named("huge")
