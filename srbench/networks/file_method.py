"""A model file made into a method: its options, its files, what is decided about it, its upscaler.

Imports no torch: a method built here is listed and planned without it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from srbench import method_options
from srbench.networks.choices import Choices
from srbench.networks.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from srbench.networks.model import Model
    from srbench.networks.upscaler import ImageUpscaler

_KIND = inspect.Parameter.KEYWORD_ONLY


class FileMethod(NamedTuple):
    """What a method's module must hold, under these names, to be run."""

    load: Callable[..., ImageUpscaler]
    files: Callable[..., list[Path]]
    decided: Callable[..., dict[str, Any]]
    """What was found out about the file."""


class Asked(NamedTuple):
    """What is asked of a model file."""

    factor: int
    own: dict[str, Any]
    """The options that decide which network it is, `file` among them."""
    running: Running
    """How it is run."""
    choices: Choices
    """What is said of the images that it takes."""


def file_method(
    files: Callable[..., list[Path]],
    opened: Callable[[Asked, str], Model],
    options: Iterable[inspect.Parameter],
    *,
    running: Running = Running(),  # noqa: B008 - immutable
    asked_besides: Callable[[Asked], Iterable[object]] = lambda _: (),
) -> FileMethod:
    """Return `load`, `files` and `decided` of a method that runs the network of a file.

    The method takes the options `file`; `ensemble`, 8 for the mean over flips and rotations; `options`; and `Choices`.

    Args:
        files: returns the file and those that it needs, for a factor and the options.
        opened: returns the network for what is asked and a device.
        options: those of the method besides, `Running` or some of it among them.
        running: how a network is run where its options do not say it.
        asked_besides: returns what else than the files decides which network it is; may raise where nothing can be it.

    """

    def load(
        factor: int,
        device: str,
        *,
        ensemble: Literal[1, 8] = 1,
        decided: Mapping[str, Any] | None = None,
        **given: Any,  # noqa: ANN401 - of any type
    ) -> ImageUpscaler:
        asked = _asked(factor, given)
        choices = asked.choices.decided(decided or _settled(asked))
        from srbench.networks.upscaler import ImageUpscaler

        model = opened(asked._replace(choices=choices), device)
        return ImageUpscaler(model, tile=asked.running.tile, ensemble=ensemble, training_images=model.training_images)

    def its_decided(factor: int, ensemble: int = 1, **given: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001 - as those of `load`
        return _settled(_asked(factor, given))

    def _settled(asked: Asked) -> dict[str, Any]:
        besides, of_it = asked_besides(asked), files(asked.factor, **asked.own)
        from srbench.networks.deciding import settled

        plain = asked._replace(running=Running(engine=asked.running.engine))
        return settled(
            lambda choices: opened(plain._replace(choices=choices), "cpu"), asked.choices, asked.factor, of_it, *besides
        )

    def _asked(factor: int, given: dict[str, Any]) -> Asked:
        how, said = ({name: given[name] for name in group._fields if name in given} for group in (Running, Choices))
        own = {name: value for name, value in given.items() if name not in how | said}
        return Asked(factor, own, running._replace(**how), Choices(**said))

    load.__doc__ = "Return the upscaler."
    load.__signature__ = _signature(options)  # type: ignore[attr-defined] # what the command line offers
    return FileMethod(load, files, its_decided)


def _signature(options: Iterable[inspect.Parameter]) -> inspect.Signature:
    """Return the signature that tells the command line which options there are."""
    given = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("factor", "device")]
    file = inspect.Parameter("file", _KIND, default=None, annotation=Path | None)
    ensemble = inspect.Parameter("ensemble", _KIND, default=1, annotation=Literal[1, 8])
    decided = inspect.Parameter("decided", _KIND, default=None)
    every = [*given, file, *options, ensemble, decided, *method_options.fields(Choices)]
    return inspect.Signature(sorted(every, key=lambda each: each.kind))
