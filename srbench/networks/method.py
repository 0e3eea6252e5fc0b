"""A network made into a method: its options, its weight files, its upscaler.

Imports no torch: a method built here is listed and planned without it.
"""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_type_hints

from srbench import method_options
from srbench.errors import Unsupported
from srbench.networks.running import AUTO, Running, fastest, integers_of
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from srbench.networks.model import Run
    from srbench.networks.running import Engine
    from srbench.networks.trained import Network
    from srbench.networks.upscaler import ImageUpscaler
    from srbench.takes import Channels, Luma


class NetworkMethod(NamedTuple):
    """What a method's module must hold, under these names, to be run; `load.takes` is what the network takes."""

    load: Callable[..., ImageUpscaler]
    files: Callable[..., list[Path]]


def luma_method(
    network: Network, shipped: Callable[..., Path] | None = None, *, engines: Sequence[Engine] = ("torch",)
) -> NetworkMethod:
    """Return `load` and `files` of a method whose luma in 0..1 goes through `network`, and its chroma through bicubic.

    It is `image_method` of luma, which `srbench train` can train.
    """
    return image_method(network, shipped, channels="y", engines=engines)


def image_method(  # noqa: PLR0913 - all that a network may ask for
    network: Network,
    shipped: Callable[..., Path] | None = None,
    *,
    channels: Channels = "rgb",
    range: Literal[1, 255] = 1,  # noqa: A002 - the word
    luma: Luma = "limited",
    minimum: int = 1,
    multiple: int = 1,
    dtypes: tuple[str, ...] | None = None,
    engines: Sequence[Engine] = ("torch",),
) -> NetworkMethod:
    """Return `load` and `files` of a method that images go through `network` with, in RGB or luma.

    The method takes the options of `network` and more: `weights`, a safetensors file (or a `.pth` of tensors where
    pickles are allowed), `ensemble`, 8 for the mean over flips and rotations, and those of `Running`. The options that
    weights were trained with come from their file; a default given beside them counts as not given.

    Args:
        network: builds the torch module for a factor and options: (N, C, H, W) -> (N, C, factor * H, factor * W).
        shipped: returns the weight file that comes with the method, for a factor and the options of `network`;
            raises `Unsupported` where there is none. Without it, `weights` must be given.
        channels: "rgb", a grey image as R = G = B; or "y", luma, with chroma by bicubic.
        range: the largest value that it is fed and returns, 1 or 255.
        luma: of "y": "limited", 16..235 as MATLAB's, or "full", 0..255 as Pillow's.
        minimum: the shortest side in LR pixels that it can take; smaller images are padded, symmetrically.
        multiple: what its sides must be multiples of; other images are padded likewise.
        dtypes: those of LR, by default uint8 alone for RGB, as other LR of a protocol is luma.
        engines: which one runs it where `engine` is not given: the first that is installed, and does what is asked for
            on the device. Of several, `load.settled` puts it among the options, so that it is part of specs and keys.

    Raises:
        MethodError: values that there are not.

    """
    settled = partial(_settled, engines)
    takes = Takes.of_network(channels, dtypes=dtypes, range=range, luma=luma, minimum=minimum, multiple=multiple)

    def load(
        factor: int,
        device: str,
        *,
        weights: Path | None = None,
        ensemble: Literal[1, 8] = 1,
        **options: Any,  # noqa: ANN401 - those of `Running`, and whatever the network takes
    ) -> ImageUpscaler:
        options = settled(device, options)
        file, *beside = files(factor, weights, **options)
        from srbench.networks import quantised
        from srbench.networks.ready import ready
        from srbench.networks.trained import load_weights
        from srbench.networks.upscaler import ImageUpscaler

        running, options = _parted(options)
        trained = load_weights(network, file, factor, options)
        integers, chosen_by = quantised.read(file) if beside else (None, frozenset())
        model = ready(trained.network, factor, device, takes, running, integers)
        return ImageUpscaler(model, tile=running.tile, ensemble=ensemble, training_images=trained.images | chosen_by)

    def files(
        factor: int,
        weights: Path | None = None,
        ensemble: int = 1,  # noqa: ARG001 - an option of `load`
        **options: Any,  # noqa: ANN401 - as those of `load`
    ) -> list[Path]:
        running, own = _parted(options)
        return _with_integers(_file(factor, weights, own), running, factor)

    def _file(factor: int, weights: Path | None, own: dict[str, Any]) -> Path:
        if weights:
            return Path(weights)
        try:
            return (shipped or _no_weights)(factor, **own)
        except Unsupported as error:
            trained = "train some with srbench train, and " if channels == "y" else ""
            raise Unsupported(f"{error}; {trained}give them as weights=FILE") from error

    load.__doc__ = "Return the upscaler."
    load.__wrapped__ = network  # type: ignore[attr-defined] # whose names its annotations are resolved among
    load.__signature__ = _signature(network, several=len(engines) > 1)  # type: ignore[attr-defined] # what the command line offers
    load.takes = takes  # type: ignore[attr-defined] # what `srbench methods show` prints
    if len(engines) > 1:
        load.settled = settled  # type: ignore[attr-defined] # what specs are made of
    return NetworkMethod(load, files)


def _no_weights(*_: Any, **__: Any) -> Path:  # noqa: ANN401 - as the `shipped` of a method that has some
    raise Unsupported("has no weights")


def weights_beside(module: str, kind: Callable[..., str] = lambda **_: "") -> Callable[..., Path]:
    """Return the `shipped` of a method whose weights lie beside it, in `weights/METHOD-KIND-xFACTOR.safetensors`.

    Args:
        module: the `__file__` of the module, by whose name the files are called.
        kind: returns KIND for the options of `network`, with their defaults; an empty one is left out.

    What is returned raises `Unsupported` where there is no such file, and says for which factors there are some.

    """
    own, folder = Path(module).stem, Path(module).parent / "weights"

    def shipped(factor: int, **options: Any) -> Path:  # noqa: ANN401 - those of the network
        what = kind(**options)
        stem = f"{own}-{what}-x" if what else f"{own}-x"
        path = folder / f"{stem}{factor}.safetensors"
        if not path.is_file():
            found = (each.stem.removeprefix(stem) for each in folder.glob(f"{stem}*.safetensors"))
            have = ", ".join(f"x{each}" for each in sorted(filter(str.isdecimal, found), key=int))
            weights = f"{what} weights" if what else "weights"
            raise Unsupported(f"{own} has no {weights} for x{factor} ({f'has {have}' if have else 'has none'})")
        return path

    return shipped


def image_upscaler(
    function: Run,
    factor: int,
    device: str = "cpu",
    *,
    tile: int = 0,
    ensemble: Literal[1, 8] = 1,
    **declared: Any,  # noqa: ANN401 - as in `image_method`
) -> ImageUpscaler:
    """Return the upscaler of a function, for a `load` that makes its network by itself, from whatever file.

    `function` maps float32 tensors (1, C, H, W) on `device` to (1, C, factor * H, factor * W), a torch module or not.
    What `image_method` can be told of a network can be told of it: `channels`, `range`, `luma`, `minimum`, `multiple`
    and `dtypes`.

    Raises:
        Unsupported: there is no such device.
        MethodError: values that there are not.

    """
    from srbench.networks.ready import ready
    from srbench.networks.upscaler import ImageUpscaler

    return ImageUpscaler(ready(function, factor, device, Takes.of_network(**declared)), tile=tile, ensemble=ensemble)


def _parted(options: dict[str, Any]) -> tuple[Running, dict[str, Any]]:
    """Return how to run the network, and the options of the network itself."""
    its = {name: value for name, value in options.items() if name not in Running._fields}
    return Running(**{name: value for name, value in options.items() if name not in its}), its


def _settled(engines: Sequence[Engine], device: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the engine that runs the network on `device`, the fastest where none is given."""
    given = {name: value for name, value in options.items() if (name, value) != ("engine", AUTO)}
    return {"engine": fastest(engines, device, _parted(given)[0]), **given}


def _with_integers(weights: Path, running: Running, factor: int) -> list[Path]:
    """Return a weight file, and its quantised form beside it where that is run.

    Raises:
        Unsupported: there is none.

    """
    if running.precision != "int8":
        return [weights]
    path = integers_of(weights)
    if not path.is_file():
        raise Unsupported(
            f"precision=int8 needs quantised weights, {path.name}: run srbench quantize METHOD --factor {factor}"
        )
    return [weights, path]


def _signature(network: Network, *, several: bool) -> inspect.Signature:
    """Return the signature that tells the command line which options there are; of `several` engines one is found."""
    kind = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter("weights", kind, default=None, annotation=Path | None),
        inspect.Parameter("ensemble", kind, default=1, annotation=Literal[1, 8]),
        *method_options.fields(Running),
    ]
    if several:
        engine = Literal[AUTO, get_type_hints(Running)["engine"]]  # type: ignore[valid-type]
        own = [each.replace(default=AUTO, annotation=engine) if each.name == "engine" else each for each in own]
    given = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("factor", "device")]
    options = [each.replace(kind=kind) for each in method_options.named(network).values()]
    return inspect.Signature([*given, *options, *own])
