"""Every built-in method keeps the contract, and every way to break it is caught."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from srbench import methods, testing
from srbench.contract import SETTLED, accept, check, examples, upscale
from srbench.errors import MethodError, Unsupported
from srbench.pytorch import luma_method
from srbench.quality.image import from_ycbcr, to_ycbcr
from srbench.quality.resize import imresize
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.contract import Upscaler
    from srbench.quality.image import Image as Pixels

REGISTRY = methods.built_in()

OF_USERS = {"command", "onnx", "realesrgan-ncnn-vulkan", "torch", "waifu2x-ncnn-vulkan"}
"""Methods that need what only users have: a file, a command line, a program without a package."""

PROGRAMS = {"ffmpeg", "imagemagick", "vips"}
"""Methods whose programs may be absent; each of their calls starts a process."""

NETWORKS = ("espcn", "fsrcnn", "plain")
"""Trained ones; an image of one colour comes out nearly as that."""

HEAVY = (*(f"{name}:ensemble=8" for name in NETWORKS), "skimage:order=4", "skimage:order=5")
"""They compute far more than other values of their options, and nothing that those do not."""

WEIGHTS = ("activation=", "network=", "size=")
"""Options that choose among weights, of which there are others for each factor."""


def specs() -> list[str]:
    """Return every method that comes whole or has a package, alone and with each value of its Literal options."""
    whole = [spec for name in REGISTRY if name not in OF_USERS for spec in testing.spellings(name, REGISTRY)]
    return [*whole, *(spec for spec in testing.spellings("torch", REGISTRY) if ":interpolate=" in spec)]


def factors(spec: str) -> tuple[int, ...]:
    """Return where a spec is held to the contract: options decide little that depends on the factor, weights do."""
    name, _, option = spec.partition(":")
    alone = not option and name not in PROGRAMS
    return testing.FACTORS if alone or option.startswith(WEIGHTS) else (3,)


def is_slow(spec: str, factor: int) -> bool:
    """Tell whether a case is for the slow tests."""
    return spec.partition(":")[0] in PROGRAMS or spec in HEAVY or (":" in spec and factor != 3)


CASES = [
    pytest.param(spec, factor, marks=[pytest.mark.slow] if is_slow(spec, factor) else [])
    for spec in specs()
    for factor in factors(spec)
]


def load(spec: str, factor: int) -> Upscaler:
    """Load a method on the CPU, or skip where it says that it cannot."""
    try:
        return methods.choose(spec, REGISTRY).load(factor, "cpu")
    except Unsupported as error:
        pytest.skip(str(error))


def good(image: Pixels) -> Pixels:
    """Double each pixel: an upscaler x2 that keeps the contract."""
    return image.repeat(2, 0).repeat(2, 1)


def scaled(sr: Pixels, scale: float, shift: float) -> Pixels:
    """Return floats in other units than 0..1; uint8 as it is."""
    return sr * sr.dtype.type(scale) + sr.dtype.type(shift) if sr.dtype.kind == "f" else sr


def with_value(value: float) -> Callable[[Pixels], Pixels]:
    """Return an upscaler whose float results hold one bad value."""

    def upscaler(image: Pixels) -> Pixels:
        sr = good(image)
        if sr.dtype.kind == "f":
            sr[-1, -1] = value
        return sr

    return upscaler


def writes(image: Pixels) -> Pixels:
    """Upscale, then spoil the input."""
    sr = good(image)
    image[0, 0] = 0 if image.flat[0] else 1
    return sr


def forgetful() -> Callable[[Pixels], Pixels]:
    """Return an upscaler whose results grow with each call."""
    calls = itertools.count()
    return lambda image: good(image) + np.asarray(next(calls), image.dtype)


class Phased:
    """An upscaler x2 in phases, the last of which may do what its call does not."""

    def __init__(self, finish: Callable[[Pixels], Any] = np.asarray, count: int = 3) -> None:
        """Keep the first `count` phases."""
        self.phases = (np.copy, good, finish)[:count]

    def __call__(self, image: Pixels) -> Pixels:
        """Double each pixel."""
        return good(image)


def one_pixel_fails(image: Pixels) -> Pixels:
    """Fail as an FFT or a padding does on a single pixel."""
    if image.shape[:2] == (1, 1):
        raise ValueError("too small")
    return good(image)


def test_work_left_to_a_thread_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that changes after it was returned, while the suite waits for that, was not finished then."""
    left = []

    def upscale(image: Pixels) -> Pixels:
        sr = np.zeros((image.shape[0] * 2, image.shape[1] * 2, *image.shape[2:]), image.dtype)
        left.append(threading.Thread(target=sr.__setitem__, args=(..., good(image))))
        return sr

    def wait(seconds: float) -> None:
        assert seconds == SETTLED
        for thread in left:
            thread.start()
            thread.join()

    monkeypatch.setattr("srbench.contract.time.sleep", wait)
    with pytest.raises(MethodError, match="the result changed after it was returned"):
        check(upscale, 2)


# Every method


@pytest.mark.slow
def test_every_method_and_literal_option_is_covered() -> None:
    """The list below is not empty by accident: it names each method, and espcn in each way."""
    ways = ("activation=relu", "network=article", "ensemble=8", "engine=onnxruntime", "engine=openvino")
    espcn = {"espcn", "espcn:precision=bfloat16", *(f"espcn:{way}" for way in ways)}
    resizers = {"pillow:filter=lanczos", "skimage:order=3", "torch:interpolate=bicubic"}
    assert {*espcn, *resizers, "nearest", "bicubic-matlab"} <= set(specs())
    assert {spec.partition(":")[0] for spec in specs()} == (set(REGISTRY) - OF_USERS) | {"torch"}


@pytest.mark.sampled
@pytest.mark.parametrize(("spec", "factor"), CASES)
def test_method_keeps_the_contract(spec: str, factor: int) -> None:
    """Grey and RGB, uint8 and floats that overshoot, down to one pixel: right shape and dtype, finite, repeatable."""
    if spec.startswith((*PROGRAMS, *NETWORKS)):  # which may be absent, or have no weights for this factor
        load(spec, factor)  # or skip
    testing.keeps_contract(methods.choose(spec, REGISTRY), factor)


@pytest.mark.parametrize(("spec", "factor"), CASES)
def test_method_keeps_a_constant_image(spec: str, factor: int) -> None:
    """An image of one colour stays near that colour, channel by channel: nothing is swapped or rescaled."""
    colour = np.array([200, 120, 40], np.uint8)
    sr = load(spec, factor)(np.tile(colour, (9, 10, 1)))
    tolerance = 4 if spec.startswith(NETWORKS) else 0
    assert np.abs(sr.astype(int) - colour).max() <= tolerance


@pytest.mark.parametrize(
    ("spec", "factor"), [case for case in CASES if str(case.values[0]).partition(":")[0] not in PROGRAMS]
)
def test_method_does_not_shift_the_image(spec: str, factor: int) -> None:
    """A smooth ramp stays where it is: pixel centres at (i + 0.5) * factor - 0.5, to a small part of a pixel.

    A ramp and the same one turned by 180 degrees: a shift makes one brighter and the other darker. What makes both
    brighter is no shift, but the rounding of bfloat16, whose values are 0.001 to 0.002 apart here.
    """
    ramp = np.add.outer(np.linspace(0.2, 0.4, 24), np.linspace(0.2, 0.4, 30))
    upscale = load(spec, factor)
    step = 0.2 / 29
    x, y = ((np.arange(side * factor) + 0.5) / factor - 0.5 for side in (30, 24))
    expected = np.add.outer(0.2 + 0.2 / 23 * y, 0.2 + step * x)
    middle = np.s_[8 * factor : -8 * factor, 8 * factor : -8 * factor]
    rising, falling = ((upscale(ramp[::way, ::way]) - expected[::way, ::way])[middle].mean() for way in (1, -1))
    assert abs(rising - falling) / 2 < step * 0.15
    assert max(abs(rising), abs(falling)) < (step if "bfloat16" in spec else step * 0.15)


# What is particular to some


@pytest.mark.slow
@pytest.mark.parametrize("factor", testing.FACTORS)
def test_bicubic_matlab_is_imresize(factor: int) -> None:
    """The method of the published bicubic rows is the resize that is tested against MATLAB's files."""
    for image in examples().values():
        assert np.array_equal(load("bicubic-matlab", factor)(image), imresize(image, factor))


@pytest.mark.slow
@pytest.mark.parametrize("factor", testing.FACTORS)
def test_nearest_repeats_blocks(factor: int) -> None:
    """Every LR pixel becomes a factor x factor block."""
    for image in examples().values():
        assert np.array_equal(load("nearest", factor)(image), image.repeat(factor, 0).repeat(factor, 1))


@pytest.mark.parametrize("spec", ["bicubic", "bicubic-matlab", "lanczos"])
def test_overshoot_of_floats_is_kept(spec: str) -> None:
    """At an edge between 0 and 1 a sharp kernel leaves 0..1, and nobody but the protocol clips that."""
    edge = np.repeat([0.0, 1.0], 8)[None].repeat(9, 0)
    sr = load(spec, 3)(edge)
    assert sr.min() < -0.02
    assert sr.max() > 1.02
    rounded = load(spec, 3)((edge * 255).astype(np.uint8))
    assert (rounded.min(), rounded.max()) == (0, 255)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_espcn_of_grey_is_the_luma_of_its_rgb(activation: str) -> None:
    """ESPCN sees luma alone: the luma of its RGB result is what it makes of the luma given as a grey image."""
    espcn = load(f"espcn:activation={activation}", 3)
    rgb = examples()["RGB float64 17x12"]
    grey = to_ycbcr(rgb)[..., 0] / 255
    assert np.allclose(to_ycbcr(espcn(rgb))[..., 0], espcn(grey) * 255, atol=1e-3)


def test_espcn_takes_chroma_from_the_input() -> None:
    """Chroma is upscaled from LR, so another chroma under the same luma shows in SR and leaves its luma alone."""
    espcn = load("espcn", 3)
    ycbcr = to_ycbcr(examples()["RGB float64 17x12"]) * [1, 0, 0] + [0, 128, 128]
    first, second = (espcn(from_ycbcr(np.add(ycbcr, [0, shift, 0])) / 255) for shift in (0, 20))
    difference = to_ycbcr(second) - to_ycbcr(first)
    assert np.allclose(difference, [0, 20, 0], atol=1e-3)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(("factor", "parameters"), [(2, 21284), (3, 22729), (4, 24752)])
def test_espcn_counts_its_parameters(activation: str, factor: int, parameters: int) -> None:
    """The network has the paper's size (Shi et al. 2016): 64@5x5, 32@3x3, factor^2@3x3 and their biases."""
    assert load(f"espcn:activation={activation}", factor).parameters == parameters  # type: ignore[attr-defined]


@pytest.mark.slow
def test_self_ensemble_has_no_direction() -> None:
    """What the self-ensemble makes of a turned or flipped image is what it makes of the image, turned or flipped."""
    espcn, ensemble = load("espcn", 3), load("espcn:ensemble=8", 3)
    image = examples()["grey float32 17x12"]
    assert not np.allclose(espcn(image[:, ::-1])[:, ::-1], espcn(image), atol=1e-3)
    assert np.allclose(ensemble(image[:, ::-1])[:, ::-1], ensemble(image), atol=1e-5)
    assert np.allclose(np.rot90(ensemble(np.rot90(image)), -1), ensemble(image), atol=1e-5)


def test_espcn_without_weights_is_unsupported() -> None:
    """A factor that was never trained is a limit, and the line says which factors there are."""
    with pytest.raises(Unsupported, match=r"espcn has no relu weights for x7 \(has .*x3"):
        methods.choose("espcn:activation=relu", REGISTRY).load(7, "cpu")


# Every way to break it


@pytest.mark.parametrize(
    ("upscaler", "line"),
    [
        (lambda image: image, r"returned shape \(.*\), expected \(.*\)"),
        (lambda image: good(image)[:-1], "returned shape"),
        (lambda image: good(image)[..., None], "returned shape"),
        (lambda _: None, "returned None, expected a numpy array of shape .*; is there a return at its end?"),
        (lambda image: good(image).tolist(), "returned a list, expected a numpy array of shape"),
        (lambda image: scaled(good(image), 255, 0), r"returned values up to 2\d\d.*, expected 0..1 for float"),
        (lambda image: scaled(good(image), 65535, 0), r"returned values up to 6\d+, expected 0..1 for float"),
        (
            lambda image: np.moveaxis(good(image), -1, 0) if image.ndim > 2 else good(image),
            r"returned shape \(3, 24, 34\), .*; channels come last",
        ),
        (lambda image: good(image)[None], r"returned shape \(1, 24, 34\), .*; remove the axes of length 1"),
        (lambda image: good(image).swapaxes(0, 1), r"returned shape \(34, 24\), .*; height comes before width"),
        (lambda image: good(image).astype(complex), "returned dtype complex128, expected uint8, that of LR"),
        (lambda image: good(image) > 0, "returned dtype bool, expected uint8, that of LR"),
        (lambda image: good(image).astype(object), "returned dtype object, expected uint8, that of LR"),
        (lambda image: (good(image), {}), "returned a tuple, expected a numpy array of shape"),
        (lambda image: (row for row in image), "returned a generator, expected .*; write it without yield"),
        (lambda _: good, "returned a function, expected .*; call it, and return its result"),
        (lambda _: np.ndarray, "returned the class ndarray, expected .*; return an instance of it"),
        (lambda image: Image.fromarray(good(image)), "returned a PIL image, expected .*; return numpy.asarray of it"),
        (lambda image: good(image).astype(np.float64), "returned dtype float64, expected uint8, that of LR"),
        (lambda image: good(image).astype(np.int16), "returned dtype int16, expected uint8"),
        (lambda image: good(image).astype(np.uint8), "returned dtype uint8, expected float32"),
        (lambda image: good(image).astype(np.uint16) if image.dtype == np.uint8 else good(image), "dtype uint16"),
        (with_value(np.nan), "returned 1 values that are NaN or infinite"),
        (with_value(np.inf), "returned 1 values that are NaN or infinite"),
        (writes, "the input was changed"),
        (forgetful(), "two calls gave two results"),
        (one_pixel_fails, "too small"),
        (
            Phased(lambda sr: sr + sr.dtype.type(1)),
            "its phases, one after the other, gave another result than its call",
        ),
        (Phased(lambda sr: sr.astype(np.float16)), "its phases, one after the other, gave another result"),
        (Phased(lambda _: None), "its phases, one after the other, gave another result"),
        (Phased(count=2), "not enough values to unpack"),
    ],
)
def test_what_breaks_the_contract_is_caught(upscaler: Upscaler, line: str) -> None:
    """Each kind of wrong result is named, with the factor and the example."""
    with pytest.raises(MethodError, match=rf"^x2, (grey|RGB) (uint8|float32|float64) \d+x\d+: .*{line}"):
        check(upscaler, 2)


def test_torch_tensors_and_modules_are_named() -> None:
    """A tensor that is no array yet, and a network returned in place of an upscaler or of an image."""
    import torch  # noqa: PLC0415 - slow, and needed here alone

    network = torch.nn.Upsample(scale_factor=2)
    lr = np.zeros((2, 2), np.float32)
    tensor = torch.zeros(4, 4)
    assert np.array_equal(upscale(lambda _: tensor, lr, 2), np.zeros((4, 4)))  # type: ignore[arg-type]
    with pytest.raises(MethodError, match=r"^returned a torch tensor, .*; end with .detach\(\).cpu\(\).numpy\(\)$"):
        upscale(lambda _: tensor.requires_grad_(), lr, 2)  # type: ignore[arg-type]
    with pytest.raises(MethodError, match=r"^returned a torch module \(Upsample\), expected a numpy array"):
        upscale(lambda _: network, lr, 2)  # type: ignore[arg-type]
    with pytest.raises(MethodError, match=r"^load returned a torch module \(Upsample\), .*; wrap it, or let "):
        accept(network)


@pytest.mark.parametrize(
    ("loaded", "line"),
    [
        (None, "load returned None, expected a function .*; is there a return at its end?"),
        ([good], "load returned a list, expected a function that takes an image as a numpy array and returns one"),
        (np.ndarray, "load returned the class ndarray, expected a function"),
        (luma_method(lambda factor: None), r"load returned a NetworkMethod, .*; write load, files = luma_method"),  # type: ignore[arg-type, return-value] # noqa: ARG005
    ],
)
def test_what_is_no_upscaler_is_named(loaded: Any, line: str) -> None:  # noqa: ANN401 - anything
    """What `load` returns is looked at before it is called."""
    with pytest.raises(MethodError, match=line):
        accept(loaded)


def test_overshoot_is_within_the_contract() -> None:
    """Floats may leave 0..1, in dark images and near black, and a method may be bad: none of that is another unit."""
    dark, bright = np.full((2, 2), 0.002), np.full((2, 2), 1.0)
    for value, image in ((1.9, dark), (-0.2, dark), (1.9, bright), (0.0, bright), (-0.2, bright)):
        upscale(lambda _, value=value: np.full((4, 4), value), image, 2)


def test_what_a_method_says_it_cannot_do_passes() -> None:
    """An RGB-only method that refuses grey images keeps the contract; one that refuses everything does not."""

    def rgb_only(image: Pixels) -> Pixels:
        if image.ndim == 2:
            raise Unsupported("needs RGB")
        return good(image)

    def refuses(_: Pixels) -> Pixels:
        raise Unsupported("not today")

    check(rgb_only, 2)
    with pytest.raises(MethodError, match=r"^x2: every example was refused, the last with: not today$"):
        check(refuses, 2)


def test_an_upscaler_that_exits_is_caught() -> None:
    """Ending the process is a way to fail like any other."""

    def exits(_: Pixels) -> Pixels:
        raise SystemExit(3)

    with pytest.raises(MethodError, match=r"grey uint8 17x12: SystemExit: 3$"):
        check(exits, 2)


def test_a_method_that_keeps_the_contract_passes() -> None:
    """The check is not one that refuses everything."""
    check(good, 2)
    check(Phased(), 2)


def test_upscale_gives_the_method_a_copy() -> None:
    """A method that writes to its input spoils nothing for the next one."""
    image = examples()["RGB uint8 17x12"]
    before = image.copy()
    upscale(writes, image, 2)
    assert np.array_equal(image, before)


def test_upscale_lets_a_float32_network_answer_float64() -> None:
    """SR has the dtype kind of LR; the precision of floats is the method's business."""
    sr = upscale(lambda image: good(image).astype(np.float32), np.full((2, 2), 0.5), 2)
    assert sr.dtype == np.float32


def test_upscale_passes_on_what_a_method_raises() -> None:
    """An exception keeps its type, so that `Unsupported` can become a skipped row."""

    def refuses(_: Pixels) -> Any:  # noqa: ANN401 - never returns
        raise Unsupported("needs RGB")

    with pytest.raises(Unsupported, match="needs RGB"):
        upscale(refuses, np.zeros((2, 2)), 2)


@pytest.mark.parametrize("takes", [Takes(minimum=15), Takes(multiple=16), Takes(minimum=48, dtypes=("uint8",))])
def test_what_is_declared_is_not_offered(takes: Takes) -> None:
    """A method that would fail on what it declares not to take keeps the contract, and refuses the rest by itself."""

    def upscaler(image: Pixels) -> Pixels:
        if takes.refusal(image):
            raise ValueError(takes.refusal(image))
        return good(image)

    with pytest.raises(MethodError, match=r"x2, grey (uint8|float32) 17x12: "):
        check(upscaler, 2)
    upscaler.takes = takes  # type: ignore[attr-defined]
    check(upscaler, 2)
    with pytest.raises(Unsupported, match=r"^(needs|takes) "):
        upscale(upscaler, np.zeros((5, 5)), 2)


def test_what_takes_nothing() -> None:
    """A method that takes none of the examples was not tested, and what declares nothing sensible is no upscaler."""

    def upscaler(image: Pixels) -> Pixels:
        return good(image)

    upscaler.takes = Takes(minimum=49)  # type: ignore[attr-defined]
    with pytest.raises(MethodError, match="every example was refused, the last with: needs at least 49 pixels a side"):
        check(upscaler, 2)
    upscaler.takes = {"minimum": 15}  # type: ignore[attr-defined]
    with pytest.raises(MethodError, match=r"its takes is a dict, expected srbench.Takes\(...\), such as "):
        accept(upscaler)


def test_reasons_that_are_no_mapping() -> None:
    """What is so by design is given as reasons by the names of checks; anything else is refused on loading."""

    def upscaler(image: Pixels) -> Pixels:
        return good(image)

    upscaler.by_design = ["shift"]  # type: ignore[attr-defined]
    with pytest.raises(MethodError, match="its by_design is a list, expected reasons by the names of checks, such as "):
        accept(upscaler)


def test_examples_cover_what_a_method_may_meet() -> None:
    """Grey and RGB, three dtypes, single rows, columns and pixels, and floats beyond 0..1 in both directions."""
    images = list(examples().values())
    assert {image.dtype.name for image in images} == {"uint8", "float32", "float64"}
    assert {image.shape[2:] for image in images} == {(), (3,)}
    assert {image.shape[:2] for image in images} == {(12, 17), (1, 9), (9, 1), (1, 1), (48, 64)}
    floats = [image for image in images if image.dtype.kind == "f"]
    assert min(image.min() for image in floats) < 0
    assert max(image.max() for image in floats) > 1
