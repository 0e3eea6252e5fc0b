"""The training loop: what happens to the weights of any network at each step, and what is kept of them."""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from srbench.errors import MethodError, Unsupported
from srbench.extras import INSTALL
from srbench.plugins import import_module
from srbench.quality import protocols
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from pathlib import Path

espcn, fsrcnn = (import_module(f"srbench.methods.{name}") for name in ("espcn", "fsrcnn"))
data, loop, patches, recipes = (
    import_module(f"srbench.training.{name}") for name in ("data", "loop", "patches", "recipe")
)


class Wrapped(nn.Module):
    """A network that is no `nn.Sequential`."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3, padding=1))
        self.up = nn.PixelShuffle(2)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Map luma to luma."""
        result: torch.Tensor = self.up(self.layers(batch))
        return result


class Scaled(Wrapped):
    """A network with a weight of no dimension, and a large one."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.5))
        self.large = nn.Conv2d(4, 4, 9, padding=4)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Map luma to luma."""
        features = self.layers(batch)
        result: torch.Tensor = self.up(features + self.scale * self.large(features))
        return result


class Skipped(nn.Module):
    """The part of a network whose input is added to each of its channels."""

    def __init__(self, body: nn.Module, margin: int) -> None:
        """Wrap `body`, which takes `margin` pixels off each side."""
        super().__init__()
        self.body, self.margin = body, margin

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Map luma to the channels of a pixel shuffle."""
        inside = slice(self.margin, -self.margin)
        result: torch.Tensor = self.body(batch) + batch[:, :, inside, inside]
        return result


def zeros(layer: nn.Module) -> nn.Module:
    """Set all weights of a layer to 0."""
    for each in layer.parameters():
        nn.init.zeros_(each)
    return layer


def network(kind: str) -> nn.Module:
    """Return a network for x2, the same at each call."""
    torch.manual_seed(4)
    pad, first, last, up = nn.ReplicationPad2d(2), nn.Conv2d(1, 8, 3), nn.Conv2d(8, 4, 3), nn.PixelShuffle(2)
    kinds: dict[str, Any] = {
        "espcn": lambda: espcn.network(2),
        "fsrcnn": lambda: started(fsrcnn.network(2, "32-5-1")),
        "skip": lambda: nn.Sequential(pad, Skipped(nn.Sequential(first, nn.PReLU(8), last), 2), up),
        "article": lambda: espcn.network(2, "relu", "article"),
        "one layer": lambda: nn.Sequential(nn.ReplicationPad2d(1), nn.Conv2d(1, 4, 3), up),
        "padded inside": lambda: nn.Sequential(pad, first, nn.Conv2d(8, 8, 3, padding=1), nn.Tanh(), last, up),
        "zeros at first": lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), zeros(nn.Conv2d(8, 4, 1)), up
        ),
        "zero padded": lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 4, 3, padding=1), up),
        "no Sequential": Wrapped,
        "no bias": lambda: nn.Sequential(pad, nn.Conv2d(1, 8, 3, bias=False), nn.ReLU(), last, up),
        "other end": lambda: nn.Sequential(pad, first, nn.ReLU(), last, up, nn.LeakyReLU()),
        "normalised": lambda: nn.Sequential(pad, first, nn.BatchNorm2d(8), nn.ReLU(), last, up),
        "dropout": lambda: nn.Sequential(pad, first, nn.Dropout(), last, up),
        "scaled": Scaled,
    }
    built: nn.Module = kinds[kind]()
    return built


def started(built: nn.Module) -> nn.Module:
    """Return a network whose last layer does not begin near 0."""
    nn.init.normal_(list(built.parameters())[-2], std=0.1)
    return built


CENTRED = ["espcn", "fsrcnn", "article", "one layer", "padded inside", "skip"]
UNCENTRED = ["zero padded", "zeros at first", "no Sequential", "no bias", "other end"]


@pytest.fixture
def made(photos: Path) -> Any:  # noqa: ANN401 - a function that returns patches, a recipe and a state
    """Return a function that prepares the training of a kind of network."""
    images = [read_image(path) for path in sorted(photos.iterdir())]

    def prepare(kind: str = "espcn", **values: Any) -> Any:  # noqa: ANN401
        recipe = recipes.build({"data": "d", "patch": 12, "batch": 4, "rate": 3e-3, **values})
        found = data.Data({}, images, [], [], [0] * len(images), [""] * len(images), [], [])
        built = network(kind)
        state = loop.State(built, copy.deepcopy(built), loop.new_optimizer(built, recipe))
        pixels = patches.Patches(found, protocols.get("srcnn"), 2, recipe)
        pixels.margin = loop.margin(built, recipe.patch, 2)
        return pixels, recipe, state

    return prepare


def run(made: Any, last: int = 5) -> list[float]:  # noqa: ANN401 - of the fixture
    """Train, and return the losses."""
    pixels, recipe, state = made
    return [loss.item() for loss in loop.steps(state, pixels, recipe, last)]


def flat(module: nn.Module) -> torch.Tensor:
    """Return all weights."""
    return torch.cat([each.detach().flatten() for each in module.parameters()]).clone()


@pytest.mark.parametrize(
    ("values", "step", "expected"),
    [
        ({"schedule": "constant"}, 1, 0.01),
        ({"schedule": "constant"}, 1000, 0.01),
        ({"schedule": "cosine"}, 0, 0.01),
        ({"schedule": "cosine"}, 500, (0.01 + 0.0001) / 2),
        ({"schedule": "cosine"}, 1000, 0.0001),
        ({"schedule": "exponential"}, 0, 0.01),
        ({"schedule": "exponential"}, 500, 0.001),
        ({"schedule": "exponential"}, 1000, 0.0001),
        ({"schedule": "constant", "warmup": 10}, 1, 0.001),
        ({"schedule": "constant", "warmup": 10}, 10, 0.01),
        ({"schedule": "constant", "warmup": 10}, 11, 0.01),
        ({"schedule": "exponential", "warmup": 1000}, 500, 0.0005),
    ],
)
def test_rate(values: dict[str, Any], step: int, expected: float) -> None:
    """Each schedule starts at `rate`, ends at `final_rate`, and rises from 0 over `warmup`."""
    recipe = recipes.build({"data": "d", "rate": 0.01, "final_rate": 0.0001, **values})
    assert loop.rate(recipe, step, 1000) == pytest.approx(expected)


@pytest.mark.slow
def test_the_optimizer_follows_the_schedule(made: Any) -> None:  # noqa: ANN401
    """Every group of the optimizer has the rate of its step."""
    pixels, recipe, state = made(optimizer="soap", warmup=3)
    for _ in loop.steps(state, pixels, recipe, 5):
        assert {group["lr"] for group in state.optimizer.param_groups} == {loop.rate(recipe, state.step, 5)}


@pytest.mark.parametrize(
    ("kind", "margin"),
    [("espcn", 4), ("fsrcnn", 5), ("article", 5), ("skip", 2), ("zero padded", 0), ("no Sequential", 0)],
)
def test_margin(kind: str, margin: int) -> None:
    """A network that pads nothing takes its surroundings off a patch; one that pads takes nothing."""
    assert loop.margin(network(kind), 12, 2) == margin


@pytest.mark.parametrize(
    ("built", "line"),
    [
        (lambda: nn.ConvTranspose2d(1, 1, 2, 2, padding=12), "patches of 12x12 pixels"),
        (lambda: nn.Conv2d(1, 4, 13), "cannot process patches of 12x12 pixels"),
        (
            lambda: nn.Sequential(nn.Conv2d(1, 9, 1), nn.PixelShuffle(3)),
            r"makes \(1, 1, 36, 36\) of luma \(1, 1, 12, 12\), expected \(1, 1, n, n\) with",
        ),
        (lambda: nn.Sequential(nn.Conv2d(1, 4, 2), nn.PixelShuffle(2)), r"makes \(1, 1, 22, 22\)"),
    ],
)
def test_margin_of_other_sizes(built: Any, line: str) -> None:  # noqa: ANN401
    """A network for another factor, or whose patch is too small or moved by half a pixel, is refused."""
    with pytest.raises(MethodError, match=line):
        loop.margin(built(), 12, 2)


@pytest.mark.parametrize("loss", ["mse", "l1"])
def test_loss(made: Any, loss: str) -> None:  # noqa: ANN401
    """The loss is the weighted mean error against the middle of HR, of luma centred on 0."""
    pixels, recipe, state = made(loss=loss)
    pixels.weights[:] = np.linspace(0.2, 1.8, 4)
    bare = copy.deepcopy(state.network)[1:]
    batch = pixels.batch(1)
    error = bare(batch.lr - 0.5) + 0.5 - batch.hr
    error = error.abs() if loss == "l1" else error**2
    assert batch.weight.std() > 0
    expected = (error.mean(dim=(1, 2, 3)) * batch.weight).mean().item()
    assert run((pixels, recipe, state), 1) == [pytest.approx(expected, rel=1e-5)]


@pytest.mark.slow
@pytest.mark.parametrize("decay", [0.0, 0.8, 0.999])
def test_averaging(made: Any, decay: float) -> None:  # noqa: ANN401
    """What is kept is the mean of the weights, following closely at first; without averaging, the last weights."""
    pixels, recipe, state = made(averaging=decay)
    expected = flat(state.network)
    for number, _ in enumerate(loop.steps(state, pixels, recipe, 60), 1):
        kept = min(decay, number / (number + 10)) if decay else 0
        expected = kept * expected + (1 - kept) * flat(state.network)
        torch.testing.assert_close(flat(state.mean), expected, rtol=0, atol=1e-6)
    assert torch.equal(flat(state.mean), flat(state.network)) == (not decay)


@pytest.mark.parametrize("decay", [0.0, 0.8])
def test_expanded(made: Any, decay: float) -> None:  # noqa: ANN401
    """What is kept is the mean of the folded weights; without averaging it gives what the expanded network gives."""
    pixels, recipe, begun = made("fsrcnn", averaging=decay, expand=3)
    state = loop.begin(begun.network, recipe)
    names = list(dict(state.mean.named_parameters()))
    expected = flat(state.mean)
    for number, _ in enumerate(loop.steps(state, pixels, recipe, 12), 1):
        kept = min(decay, number / (number + 10)) if decay else 0
        now = torch.cat([each.detach().flatten() for each in loop.folded(state.network, names)])
        expected = kept * expected + (1 - kept) * now
    torch.testing.assert_close(flat(state.mean), expected, rtol=0, atol=1e-6)
    luma = torch.rand(1, 1, 15, 17)
    with torch.no_grad():
        difference = loop.finished(state.mean)(luma) - (state.network(luma - 0.5) + 0.5)
    assert (difference.abs().max() < 1e-6) == (not decay)


@pytest.mark.parametrize("kind", CENTRED)
def test_finished_folds_the_centring(kind: str) -> None:
    """The network that is kept takes luma in 0..1 and gives what the trained one gives around 0; that one stays."""
    trained = network(kind)
    before = flat(trained)
    luma = torch.rand(2, 1, 15, 17)
    with torch.no_grad():
        expected = trained(luma - 0.5) + 0.5
        torch.testing.assert_close(loop.finished(trained)(luma), expected, rtol=0, atol=1e-6)
    assert (expected - trained(luma)).abs().max() > 0.01
    assert torch.equal(flat(trained), before)


@pytest.mark.parametrize("kind", UNCENTRED)
def test_finished_leaves_others_alone(kind: str) -> None:
    """A network that the centring cannot be folded into is trained on 0..1, and kept as it is."""
    trained = network(kind)
    luma = torch.rand(2, 1, 15, 17)
    with torch.no_grad():
        torch.testing.assert_close(loop.finished(trained)(luma), trained(luma), rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*CENTRED, *UNCENTRED, "normalised"])
def test_any_network_trains(made: Any, kind: str) -> None:  # noqa: ANN401
    """Whatever it is built of, its finished form beats what it was at the start on whole images."""
    prepared = made(kind, schedule="constant")
    pixels, _, state = prepared
    lr, hr = pixels.lr[: 25 * 30].reshape(1, 1, 25, 30), pixels.hr[: 50 * 60].reshape(1, 1, 50, 60) / 255

    def error() -> float:
        with torch.no_grad():
            return (loop.finished(state.mean).eval()(lr) - hr).square().mean().item()  # type: ignore[no-any-return]

    start = error()
    run(prepared, 80)
    assert error() < start / 4


def test_statistics_are_kept(made: Any) -> None:  # noqa: ANN401
    """The averaged network has the statistics of batch normalisation that the trained one has gathered."""
    prepared = made("normalised", averaging=0.9)
    run(prepared)
    state = prepared[2]
    assert len(list(state.mean.buffers())) == 3
    assert all(map(torch.equal, state.mean.buffers(), state.network.buffers()))
    assert state.mean[2].running_mean.abs().max() > 0


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "soap"])
def test_optimizers(made: Any, optimizer: str) -> None:  # noqa: ANN401
    """Each optimizer lowers the loss."""
    losses = run(made(optimizer=optimizer, schedule="constant"), 60)
    assert np.mean(losses[-10:]) < np.mean(losses[:5]) / 2


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["zero padded", "scaled", "article"])
def test_soap_takes_kernels_of_any_size(made: Any, kind: str) -> None:  # noqa: ANN401
    """Every weight moves, those of small kernels and of no dimension too."""
    prepared = made(kind, optimizer="soap")
    before = [each.detach().clone() for each in prepared[2].network.parameters()]
    run(prepared, 12)
    assert not any(map(torch.equal, prepared[2].network.parameters(), before))


def test_soap_needs_its_package(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    """Without pytorch-optimizer the line says how to install it."""
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(Unsupported, match=f"soap needs pytorch-optimizer: {INSTALL['train']}$"):
        made(optimizer="soap")


def test_bfloat16(made: Any) -> None:  # noqa: ANN401
    """It moves the loss a little; weights, their updates and the loss stay float32."""
    exact, rough = made(), made(precision="bfloat16")
    pairs = zip(run(exact), run(rough), strict=True)
    assert all(0 < abs(one - other) < 0.05 * one for one, other in pairs)
    assert {each.dtype for each in rough[2].network.parameters()} == {torch.float32}
    assert {each["exp_avg"].dtype for each in rough[2].optimizer.state.values()} == {torch.float32}


def test_the_tail_is_float32(made: Any) -> None:  # noqa: ANN401
    """Up to the tail, the losses are those of bfloat16; a training that is all tail is one in float32."""
    rough, mixed = run(made(precision="bfloat16")), run(made(precision="bfloat16", tail=0.4))
    assert (mixed[:3], mixed[3:]) == (rough[:3], [each for each in mixed[3:] if each not in rough])
    assert run(made(precision="bfloat16", tail=1.0)) == run(made())


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["espcn", "dropout"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "soap"])
def test_a_checkpoint_is_all_there_is(made: Any, optimizer: str, kind: str) -> None:  # noqa: ANN401
    """A state restored from a checkpoint goes on as the one that it was taken of, to the bit."""
    values = {"optimizer": optimizer, "averaging": 0.9}
    pixels, recipe, state = made(kind, **values)
    for _ in loop.steps(state, pixels, recipe, 20):
        if state.step == 12:
            held = copy.deepcopy(state.checkpoint())
    other = made(kind, **values)[2]
    torch.rand(3)
    other.restore(held)
    assert other.step == 12
    run((pixels, recipe, other), 20)
    assert torch.equal(flat(other.network), flat(state.network))
    assert torch.equal(flat(other.mean), flat(state.mean))
