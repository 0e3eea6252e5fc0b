"""`srbench train`: train the network of a method. `srbench recipes`: the recipes for it."""

from __future__ import annotations

import atexit
import csv
import math
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

srbench train espcn:activation=relu --factor 2 --set batch=32 --set rate=1e-3 --out training/mine

srbench train espcn --recipe article --factor 3

torchrun --nproc-per-node 2 -m srbench train espcn --recipe article
"""

_TRAINING = "srbench.training"  # needs torch, so that it is imported by name, when it is used


def train(  # noqa: PLR0913 - a command's options
    method: options.MethodArgument,
    factor: options.Factor = 3,
    recipe: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_RECIPE",
            metavar="NAME",
            rich_help_panel=options.TRAINING,
            help="Recipe: best, paper, article, or a .toml file; `srbench recipes` lists them.",
        ),
    ] = "best",
    datasets: Annotated[
        str | None,
        typer.Option(
            "--datasets",
            "-d",
            envvar="SRBENCH_TRAINING_DATASETS",
            metavar="NAME,...",
            rich_help_panel=options.INPUT,
            autocompletion=options.dataset_names,
            help="Datasets to train on, or folders of images, written with a /; default: those of the recipe.",
        ),
    ] = None,
    data: options.Data = None,
    epochs: Annotated[
        float | None,
        typer.Option(
            envvar="SRBENCH_EPOCHS",
            metavar="N",
            rich_help_panel=options.TRAINING,
            help="Number of epochs; default: that of the recipe.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            envvar="SRBENCH_MINUTES",
            metavar="N",
            rich_help_panel=options.TRAINING,
            help="Minutes to train, instead of a number of epochs.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            envvar="SRBENCH_SEED",
            metavar="N",
            rich_help_panel=options.TRAINING,
            help="Seed for initialisation and patch sampling; default: that of the recipe.",
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            envvar="SRBENCH_SET",
            metavar="KEY=VALUE",
            rich_help_panel=options.TRAINING,
            help="Override a key of the recipe; may be repeated.",
        ),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_TRAINING_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Training folder to write; by default one in ./training.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            envvar="SRBENCH_RESUME",
            rich_help_panel=options.TRAINING,
            help="Continue the training in the folder.",
        ),
    ] = False,
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Train the network of a method.

    The folder receives weights.safetensors, weights.md (a model card), history.csv, curve.svg and curve.png. A training
    that stopped, for whatever reason, is continued by the same command with --resume. The command that is printed in
    the end scores the weights under the recipe's protocol.
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.plugins import import_module
    from srbench.specs import parse_method

    if epochs is not None and minutes is not None:
        raise UsageError("--epochs and --minutes exclude each other; give one")
    trainer, recipes, plans = (import_module(f"{_TRAINING}.{name}") for name in ("trainer", "recipe", "plan"))
    name = parse_method(method).name
    trained_on, data = _data(datasets, data)
    named = {"data": trained_on, "epochs": epochs, "seed": seed}
    changes = {**dict(map(_change, change or [])), **{key: each for key, each in named.items() if each is not None}}
    chosen, given = recipes.load(recipe, name, changes)
    choice = _choice(method, given, plugin)
    plan = plans.Plan(
        method=choice.spec,
        factor=factor,
        recipe=chosen,
        minutes=minutes,
        **trainer.resources(device, threads or None),
    )
    folder = out or Path("training") / _folder_name(choice, factor)
    try:
        with console.only_results(json), console.training() as (watch, tick):
            weights = trainer.train(
                choice, plan, folder, data_folder=data, resume=resume, watch=watch, tick=tick, warn=console.note
            )
    except KeyboardInterrupt:
        console.note(f"interrupted; to continue: the same command with --out {folder} --resume")
        raise
    if plan.processes > 1:
        atexit.register(_leave)
    if weights:  # in the first process of torchrun
        whole, _ = recipes.load(recipe, name, {key: each for key, each in changes.items() if key != "epochs"})
        _report(weights, _command(weights, plan, plugin or []), whole.epochs, json=json)


def _leave() -> None:
    """End a process of torchrun: while Python shuts down, threads of torch may abort it, which counts as a failure."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def recipes(
    name: Annotated[str, typer.Argument(help="Recipe to print; by default all are listed.")] = "",
) -> None:
    """List the recipes of `srbench train`, or print one as TOML; `srbench train --set` overrides any key."""
    from srbench.cli import console
    from srbench.plugins import import_module

    module = import_module(f"{_TRAINING}.recipe")
    for each in [name] if name else module.names():
        text = module.read(each)
        first = " ".join(line[1:].strip() for line in text.splitlines() if line.startswith("#")).split(". ")[0]
        console.say(text.rstrip() if name else f"{each:10} {first.split(':')[0]}")


def _data(datasets: str | None, data: Path | None) -> tuple[str | None, Path | None]:
    """Return what to train on, and the folder of the datasets.

    `--data NAME,...` once meant what `--datasets` does, and still does where no folder has that name.
    """
    from srbench.errors import UsageError

    if data is None or data.is_dir() or not _names_datasets(str(data)):
        return datasets, data
    if datasets:
        raise UsageError(f"--data is {data}, expected the folder of the datasets; name them in --datasets alone")
    return str(data), None


def _names_datasets(text: str) -> bool:
    from srbench import datasets
    from srbench.errors import SrbenchError
    from srbench.specs import comma_list

    try:
        return bool([datasets.get(name) for name in comma_list([text])])
    except SrbenchError:
        return False


def _choice(spec: str, given: dict[str, Any], plugin: list[Path] | None) -> Choice:
    """Return the method with the options `given` by the recipe, then its own."""
    from srbench import method_options, methods
    from srbench.errors import UsageError
    from srbench.specs import canonical, parse_method
    from srbench.takes import Takes

    parsed = parse_method(spec)
    text = canonical(parsed.name, {**given, **parsed.options})
    choice = methods.choose(text, methods.registry(path.resolve() for path in plugin or []))
    network = getattr(choice.method.module(), "network", None)
    if network is None:
        raise UsageError(f"{parsed.name} offers no network to train; docs/training.md shows how a method does")
    takes = getattr(choice.method.module().load, "takes", None)
    if isinstance(takes, Takes) and takes != Takes("y"):
        raise UsageError(f"{parsed.name} takes {takes.words}; srbench train trains networks of {Takes('y').words}")
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


def _report(weights: Path, command: str, whole: float, *, json: bool) -> None:
    """Say what there is now, and what to do with it: `command` scores the weights, `whole` epochs are the recipe's."""
    from srbench.cli import console
    from srbench.extras import INSTALL
    from srbench.plugins import import_module

    facts = import_module(f"{_TRAINING}.card").facts(weights)
    advice = _too_short(weights, facts["scores"], whole)
    if json:
        said = {"weights": str(weights), "scores": facts["scores"], "steps": facts["steps"]}
        console.print_json({**said, "too_short": advice, "command": command})
        return
    for line in facts["scores"]:
        gain = line["psnr"] - line["bicubic"]
        console.say(
            f"{line['dataset']}, protocol {line['protocol']}: {line['psnr']:.2f} dB, "
            f"{gain:+.2f} dB against bicubic (MATLAB)"
        )
    if advice:
        console.say(advice, style="yellow")
    kept = ("weights.safetensors", "weights.md", "history.csv", "curve.svg", "curve.png")
    console.say(f"in {weights.parent}: {', '.join(name for name in kept if (weights.parent / name).exists())}")
    if not (weights.parent / "curve.svg").exists():
        console.note(f"no training curve: matplotlib is not installed; {INSTALL['figures']}")
    console.say(command)


def _command(weights: Path, plan: Any, plugin: list[Path]) -> str:  # noqa: ANN401 - of the training, which needs torch
    """Spell the command that scores weights as their training did, on the images that come with srbench."""
    from srbench.specs import canonical, parse_method

    own = canonical(parse_method(plan.method).name, {"weights": weights})
    words = [word for each in plugin for word in ("--plugin", str(each))]
    words += ["--methods", f"bicubic-matlab,{own}", "--factor", str(plan.factor)]
    words += ["--datasets", "sample", "--protocol", plan.recipe.protocol]
    return shlex.join(["srbench", "run", *words])


def _too_short(weights: Path, scores: list[dict[str, Any]], whole: float) -> str:
    """Say how long to train where the first of `scores`, the held-out images' if there are any, is below bicubic's.

    The minutes are those of the recipe's `whole` epochs at the measured speed; after as many epochs, twice the time.
    """
    if not scores or scores[0]["psnr"] >= scores[0]["bicubic"]:
        return ""
    with (weights.parent / "history.csv").open(encoding="utf-8", newline="") as file:
        *_, last = csv.DictReader(file)
    epochs, minutes = float(last["epoch"]), float(last["seconds"]) / 60
    needed = math.ceil(minutes * max(whole / epochs, 2))
    took = f"{minutes:.1f} minutes" if minutes >= 1 else f"{minutes * 60:.1f} seconds"
    return (
        f"too short: below bicubic after {took}, {epochs:.3g} epochs of the recipe's {whole:g}; "
        f"train for --minutes {needed} or more"
    )
