"""`srbench train`: train the network of a method, and write its weights. `srbench recipes`: by what recipes."""

from __future__ import annotations

import atexit
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.methods import Choice

EXAMPLES = """
Examples:

srbench train espcn --factor 3 --minutes 10

srbench train espcn --activation relu --factor 2 --set batch=32 --set rate=1e-3 --out training/mine

srbench train espcn --recipe article --factor 3

torchrun --nproc-per-node 2 -m srbench train espcn --recipe article
"""

_TRAINING = "srbench.methods._training"  # needs torch, so that it is imported by name, when it is used


def train(  # noqa: PLR0913 - a command's options
    method: options.MethodArgument,
    factor: options.Factor = 3,
    recipe: Annotated[
        str, typer.Option(envvar="SRBENCH_RECIPE", metavar="NAME", help="article, paper, best, or a .toml file.")
    ] = "best",
    activation: Annotated[
        str | None, typer.Option(envvar="SRBENCH_ACTIVATION", help="The method's option of that name.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            envvar="SRBENCH_TRAINING_DATA",
            metavar="NAME,...",
            help="Datasets to train on; $SRBENCH_DATA is the folder that holds them.",
        ),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(envvar="SRBENCH_EPOCHS", help="How often the patches cover the images.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(envvar="SRBENCH_MINUTES", help="Time to train, instead of epochs.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(envvar="SRBENCH_SEED", help="Of the first weights and of the patches.")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", envvar="SRBENCH_SET", metavar="KEY=VALUE", help="Change a key of the recipe; repeatable."
        ),
    ] = None,
    device: options.Device = "auto",
    threads: Annotated[
        int | None,
        typer.Option(envvar="SRBENCH_THREADS", help="CPU threads of a process; by default torch's own choice."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(envvar="SRBENCH_OUT", metavar="DIR", help="Folder of the training; by default below ./training."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", envvar="SRBENCH_RESUME", help="Continue the training in the folder.")
    ] = False,
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Train the network of a method, and write its weights with a model card.

    The folder receives weights.safetensors, weights.md (the card), history.csv, curve.svg and curve.png. However a
    training was stopped, the same command with --resume continues it. `srbench run --methods espcn:weights=FILE` uses
    the weights. `srbench recipes` shows the recipes.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.plugins import import_module

    if epochs is not None and minutes is not None:
        raise UsageError("--epochs and --minutes are both given; give one")
    trainer, recipes, plans = (import_module(f"{_TRAINING}.{name}") for name in ("trainer", "recipe", "plan"))
    name = method.partition(":")[0]
    named = {"data": data, "epochs": epochs, "seed": seed}
    changes = {**dict(map(_change, change or [])), **{key: each for key, each in named.items() if each is not None}}
    chosen, given = recipes.load(recipe, name, changes)
    choice = _choice(method, given, activation, plugin)
    plan = plans.Plan(
        method=choice.spec,
        factor=factor,
        recipe=chosen,
        minutes=minutes,
        **trainer.resources(device, threads),
    )
    folder = out or Path("training") / _folder_name(choice, factor)
    try:
        with console.only_results(json), console.training() as (watch, tick):
            weights = trainer.train(choice, plan, folder, resume=resume, watch=watch, tick=tick)
    except KeyboardInterrupt:
        console.note(f"interrupted; to continue: the same command with --out {folder} --resume")
        raise
    if plan.processes > 1:
        atexit.register(_leave)
    if weights:  # in the first process of torchrun
        _report(weights, choice, factor, plugin or [], json=json)


def _leave() -> None:
    """End a process of torchrun: while Python shuts down, threads of torch may abort it, which counts as a failure."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def recipes(
    name: Annotated[str, typer.Argument(help="A recipe to show; without it, all are listed.")] = "",
) -> None:
    """List the recipes of `srbench train`, or show one: TOML, every key of which `--set` can change."""
    from srbench.cli import console
    from srbench.plugins import import_module

    module = import_module(f"{_TRAINING}.recipe")
    for each in [name] if name else module.names():
        text = module.read(each)
        first = " ".join(line[1:].strip() for line in text.splitlines() if line.startswith("#")).split(". ")[0]
        console.say(text.rstrip() if name else f"{each:10} {first.split(':')[0]}")


def _choice(spec: str, given: dict[str, Any], activation: str | None, plugin: list[Path] | None) -> Choice:
    """Return the method with the options `given` by the recipe, then those of the command line."""
    from srbench import method_options, methods
    from srbench.errors import UsageError
    from srbench.specs import canonical, parse_method

    parsed = parse_method(spec)
    if activation and parsed.options.get("activation", activation) != activation:
        raise UsageError(f"{spec} and --activation {activation} do not agree; give one")
    given = {**given, **({"activation": activation} if activation else {})}
    text = canonical(parsed.name, {**given, **parsed.options})
    choice = methods.choose(text, methods.registry(path.resolve() for path in plugin or []))
    network = getattr(choice.method.module(), "network", None)
    if network is None:
        raise UsageError(f"{parsed.name} offers no network to train; docs/training.md shows how a method does")
    others = sorted(dict(choice.options).keys() - method_options.named(network))
    if others:
        raise UsageError(f"{others[0]} is no option of the network of {parsed.name}; leave it out")
    return choice


def _change(text: str) -> tuple[str, str]:
    from srbench.errors import UsageError

    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set is {text!r}, expected KEY=VALUE")
    return key.strip(), value.strip()


def _folder_name(choice: Choice, factor: int) -> str:
    """Return a folder name such as espcn-relu-x3."""
    parts = [choice.method.name, *(str(value) for _, value in choice.options), f"x{factor}"]
    return re.sub(r"[^\w.=-]+", "_", "-".join(parts))


def _report(weights: Path, choice: Choice, factor: int, plugin: list[Path], *, json: bool) -> None:
    """Say what there is now, and what to do with it."""
    from srbench.cli import console
    from srbench.plugins import import_module
    from srbench.specs import canonical

    facts = import_module(f"{_TRAINING}.card").facts(weights)
    if json:
        console.print_json({"weights": str(weights), "scores": facts["scores"], "steps": facts["steps"]})
        return
    for line in facts["scores"]:
        gain = line["psnr"] - line["bicubic"]
        console.say(
            f"{line['dataset']}, protocol {line['protocol']}: {line['psnr']:.2f} dB, "
            f"{gain:+.2f} dB against bicubic (MATLAB)"
        )
    kept = ("weights.safetensors", "weights.md", "history.csv", "curve.svg", "curve.png")
    console.say(f"in {weights.parent}: {', '.join(name for name in kept if (weights.parent / name).exists())}")
    if not (weights.parent / "curve.svg").exists():
        console.note("no curve was drawn, for lack of matplotlib: pip install 'srbench[train]'")
    spec = shlex.quote(f"bicubic,{canonical(choice.method.name, {'weights': weights})}")
    plugins = "".join(f" --plugin {shlex.quote(str(each))}" for each in plugin)
    console.say(f"srbench run{plugins} --methods {spec} --factor {factor}")
