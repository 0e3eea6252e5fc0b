"""`srbench train`: train the network of a method. `srbench recipes`: the recipes for it."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from srbench.cli import options

EXAMPLES = """
Examples:

srbench train espcn --factor 3 --minutes 10

srbench train espcn:activation=relu --factor 2 --set batch=32 --set rate=1e-3 --out training/mine

srbench train espcn --recipe article --factor 3

srbench train espcn --factor 3 --minutes 20 --extend

srbench train espcn --factor 3 --minutes 5 --datasets ./photos/ --set rate=5e-4 --from shipped

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
            help="Minutes to train, instead of a number of epochs; as many steps as the measured speed allows.",
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
    device: options.ComputeDevice = "auto",
    threads: options.ComputeThreads = 0,
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
    extend: Annotated[
        bool,
        typer.Option(
            "--extend",
            envvar="SRBENCH_EXTEND",
            rich_help_panel=options.TRAINING,
            help="Train the finished training in the folder on, to the --epochs or --minutes given, which count as the "
            "whole; the learning rate follows the recipe's schedule of the whole length. Other threads are allowed.",
        ),
    ] = False,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            envvar="SRBENCH_FROM",
            metavar="WEIGHTS",
            rich_help_panel=options.TRAINING,
            help="Start from these weights instead of random ones (fine-tune): a file, the folder of a training, or "
            "shipped, those that come with the method.",
        ),
    ] = None,
    teacher: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_TEACHER",
            metavar="SPEC",
            rich_help_panel=options.TRAINING,
            help="Method to learn from (distillation): HR is replaced by its SR, or mixed with it where the recipe's "
            "key soft is less than 1.",
        ),
    ] = "",
    plugin: options.Plugins = None,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Train the network of a method.

    The folder receives weights.safetensors, weights.md (a model card), history.csv, curve.svg and curve.png. A training
    that stopped, for whatever reason, is continued by the same command with --resume; a finished one is trained on by
    --extend with more --epochs or --minutes. The command that is printed in the end scores the weights under the
    recipe's protocol.
    """
    from srbench.cli import console
    from srbench.execution.patience import loaded_patiently
    from srbench.plugins import import_module

    _check_data(data)
    named = {"data": datasets, "epochs": epochs, "seed": seed}
    changes = {**dict(map(_change, change or [])), **{key: each for key, each in named.items() if each is not None}}
    with console.only_results(json):
        with console.progress() as tick:
            tick("preparing", 0, 0)  # importing torch takes seconds
            with loaded_patiently():
                requests = import_module(f"{_TRAINING}.request")
            request = requests.Request(
                method,
                factor=factor,
                recipe=recipe,
                changes=changes,
                minutes=minutes,
                device=device,
                threads=threads,
                plugins=tuple(plugin or ()),
                data=data,
                out=out,
                start=start,
                teacher=teacher,
                resume=resume,
                extend=extend,
            )
            prepared = requests.prepare(request)
        try:
            with console.training() as (watch, tick):
                trained = requests.train(request, prepared, watch=watch, tick=tick, warn=console.note)
        except KeyboardInterrupt:
            console.note(f"interrupted; to continue: the same command with --out {prepared.folder} --resume")
            raise
    if prepared.plan.processes > 1:
        atexit.register(_leave)
    if trained:  # in the first process of torchrun
        _report(trained, json=json)


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


def _check_data(data: Path | None) -> None:
    """Refuse the names of datasets where their folder belongs: they would be fetched into a new folder of that name."""
    from srbench.errors import UsageError

    if data and not data.is_dir() and _names_datasets(str(data)):
        raise UsageError(f"--data is {data}, expected the folder of the datasets; name them in --datasets")


def _names_datasets(text: str) -> bool:
    from srbench import datasets
    from srbench.errors import SrbenchError
    from srbench.specs import comma_list

    try:
        return bool([datasets.get(name) for name in comma_list([text])])
    except SrbenchError:
        return False


def _change(text: str) -> tuple[str, str]:
    from srbench.errors import UsageError

    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set is {text!r}, expected KEY=VALUE")
    return key.strip(), value.strip()


def _report(trained: Any, *, json: bool) -> None:  # noqa: ANN401 - of the training, which needs torch
    """Say what there is now, and what to do with it."""
    from srbench.cli import console
    from srbench.extras import INSTALL

    if json:
        said = {"weights": str(trained.weights), "scores": trained.scores, "steps": trained.steps}
        console.print_json({**said, "too_short": trained.too_short, "command": trained.command})
        return
    for line in trained.scores:
        gains = [f"{line['psnr'] - line['bicubic']:+.2f} dB against bicubic (MATLAB)"]
        if "start" in line:  # small differences, with one digit more
            gains.append(f"{line['psnr'] - line['start']:+.3f} dB against the starting weights")
        console.say(f"{line['dataset']}, protocol {line['protocol']}: {line['psnr']:.2f} dB, {', '.join(gains)}")
    if trained.too_short:
        console.say(trained.too_short, style="yellow")
    kept = ("weights.safetensors", "weights.md", "history.csv", "curve.svg", "curve.png")
    console.say(f"in {trained.folder}: {', '.join(name for name in kept if (trained.folder / name).exists())}")
    if not (trained.folder / "curve.svg").exists():
        console.note(f"no training curve: matplotlib is not installed; {INSTALL['figures']}")
    console.say(trained.command)
