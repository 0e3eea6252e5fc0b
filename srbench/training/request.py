"""A training as somebody asks for it, by `srbench train` or `srbench.train`, and what it gives."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from srbench import method_options, methods
from srbench.errors import UsageError
from srbench.specs import canonical, label_of, parse_method
from srbench.training import card, recipe, teacher, trainer
from srbench.training.folder import WEIGHTS
from srbench.training.plan import Plan
from srbench.training.start import SHIPPED
from srbench.training.trainable import network_of
from srbench.training.trained import Trained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from srbench.methods import Choice, Method
    from srbench.training.plan import Moment


_HOURS = 100
"""Minutes from which on a length is also said in hours."""


class Request(NamedTuple):
    """What is to be trained, how long, on what, and where."""

    method: str
    """Spec of a method that offers a network."""
    factor: int = 3
    recipe: str = "best"
    """Name, or path of a TOML file."""
    changes: Mapping[str, Any] = {}
    """Keys of the recipe that are to have other values."""
    minutes: float | None = None
    device: str = "auto"
    threads: int = 0
    """0: those that torch takes."""
    plugins: tuple[Path, ...] = ()
    data: Path | None = None
    """The folder of the datasets, if it is not the default one."""
    out: Path | None = None
    start: Path | None = None
    """The weights to start from, or the folder of the training that made them; `shipped`: those of the method."""
    teacher: str = ""
    """Spec of the method whose SR is learned; empty: HR alone is."""
    resume: bool = False
    extend: bool = False


class Prepared(NamedTuple):
    """A request that was looked at."""

    choice: Choice
    plan: Plan
    folder: Path
    start: Path | None
    teacher: Choice | None
    epochs: float
    """Those of the recipe as it is written."""


def prepare(request: Request) -> Prepared:
    """Return what a request comes to.

    Raises:
        UsageError: a method, a recipe or a value that there is not, or one that cannot be trained.
        Unsupported: there is no such device.

    """
    epochs = request.changes.get("epochs")
    if epochs is not None and request.minutes is not None:
        raise UsageError("--epochs and --minutes exclude each other; give one")
    name = parse_method(request.method).name
    chosen, given = recipe.load(request.recipe, name, request.changes)
    others = {key: each for key, each in request.changes.items() if key != "epochs"}
    whole, _ = recipe.load(request.recipe, name, others)
    known = methods.registry(path.resolve() for path in request.plugins)
    choice = _choice(request, given, known)
    start = _weights(request, choice)
    resources = trainer.resources(request.device, request.threads or None)
    taught_by = methods.choose(request.teacher, known).settled(resources["device"]) if request.teacher else None
    plan = Plan(
        method=choice.spec,
        factor=request.factor,
        recipe=chosen,
        minutes=request.minutes,
        start=start.name if start else "",
        teacher=teacher.shown(taught_by) if taught_by else "",
        **resources,
    )
    folder = request.out or Path("training") / _folder_name(choice, request.factor, start)
    return Prepared(choice, plan, folder, start, taught_by, whole.epochs)


def train(
    request: Request,
    prepared: Prepared,
    *,
    watch: Callable[[Plan, Moment], None] = lambda *_: None,
    tick: Callable[[str, int, int], None] = lambda *_: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Trained | None:
    """Carry a request out; None in all processes of torchrun but the first. `trainer.train` says what is raised."""
    weights = trainer.train(
        prepared.choice,
        prepared.plan,
        prepared.folder,
        data_folder=request.data,
        resume=request.resume,
        extend=request.extend,
        start=prepared.start,
        teacher=prepared.teacher,
        watch=watch,
        tick=tick,
        warn=warn,
    )
    if not weights:
        return None
    facts = card.facts(weights)
    scores = facts["scores"]
    too_short = _too_short(weights, scores, prepared.epochs, prepared.plan.threads)
    return Trained(weights, facts["steps"], scores, too_short, _command(weights, prepared.plan, request.plugins))


def _choice(request: Request, given: Mapping[str, Any], known: Mapping[str, Method]) -> Choice:
    """Return the method with the options `given` by the recipe, then its own."""
    parsed = parse_method(request.method)
    text = canonical(parsed.name, {**given, **parsed.options})
    choice = methods.choose(text, known)
    others = sorted(dict(choice.options).keys() - method_options.named(network_of(choice)))
    if others:
        raise UsageError(f"{others[0]} is no option of the network of {parsed.name}; leave it out")
    return choice


def _weights(request: Request, choice: Choice) -> Path | None:
    """Return the file to start from: of the folder of a training, its weights."""
    start = request.start
    if start == Path(SHIPPED) and not start.exists():
        (file,) = choice.method.module().files(request.factor, **dict(choice.options))
        return Path(file)
    return start / WEIGHTS if start and start.is_dir() else start


def _folder_name(choice: Choice, factor: int, start: Path | None) -> str:
    """Return a folder name such as espcn-relu-x3, or espcn-x3-from-espcn-tanh-x3."""
    parts = [choice.method.name, *(str(value) for _, value in choice.options), f"x{factor}"]
    if start:
        parts += ["from", start.resolve().parent.name if start.name == WEIGHTS else start.stem]
    return re.sub(r"[^\w.=-]+", "_", "-".join(parts))


def _command(weights: Path, plan: Plan, plugins: tuple[Path, ...]) -> str:
    """Spell the command that scores weights as their training did, on the images that come with srbench.

    Tables name them by the folder of the training.
    """
    own = canonical(parse_method(plan.method).name, {"weights": weights})
    label = re.sub(r"[^\w.-]+", "_", weights.parent.resolve().name)
    words = [word for each in plugins for word in ("--plugin", str(each))]
    words += ["--methods", f"bicubic-matlab,{label_of(label, own)}", "--factor", str(plan.factor)]
    words += ["--datasets", "sample", "--protocol", plan.recipe.protocol]
    return shlex.join(["srbench", "run", *words])


def _too_short(weights: Path, scores: list[dict[str, Any]], whole: float, threads: int) -> str:
    """Say how long to train where the first of `scores`, the held-out images' if there are any, is below bicubic's.

    The minutes are those of the recipe's `whole` epochs at the measured speed; after as many epochs, twice the time.
    """
    if not scores or scores[0]["psnr"] >= scores[0]["bicubic"]:
        return ""
    last = pd.read_csv(weights.parent / "history.csv").iloc[-1]
    epochs, minutes = float(last["epoch"]), float(last["seconds"]) / 60
    needed = math.ceil(minutes * max(whole / epochs, 2))
    took = f"{minutes:.1f} minutes" if minutes >= 1 else f"{minutes * 60:.1f} seconds"
    hours = f" ({needed / 60:.1f} hours)" if needed >= _HOURS else ""
    fewer = "; while other programs run, --threads 1 may be faster" if threads > 1 else ""
    return (
        f"too short: below bicubic after {took}, {epochs:.3g} epochs of the recipe's {whole:g}; "
        f"train on with --extend --minutes {needed} or more{hours}{fewer}"
    )
