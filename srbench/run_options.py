"""The options of `srbench run` as a plan and its execution, for the command line and for Python."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from srbench import plan
from srbench.errors import UsageError
from srbench.isolation.limits import Limits
from srbench.plan import Execution, Keep, Plan
from srbench.specs import labelled
from srbench.speed.timing import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from srbench.speed.timing import Budget

Texts: TypeAlias = "str | Iterable[str]"
"""One comma list, or several."""

Folders: TypeAlias = "str | Mapping[str, str | Path] | Iterable[str]"
"""Folders of SR images by the names of their methods, or as `NAME=DIR`."""


class RunOptions(NamedTuple):
    """What a run computes, and how."""

    plan: Plan
    execution: Execution


def run_options(  # noqa: PLR0913 - the options of `srbench run` and `srbench time`
    methods: Texts,
    *,
    sr: Folders = (),
    factors: int | str | Iterable[int | str] = 3,
    datasets: Texts = "sample",
    protocols: Texts = "basicsr",
    metrics: Texts = (),
    reference: bool = True,
    device: str = "auto",
    jobs: int = 1,
    threads: int = 0,
    thread_counts: int | str | Iterable[int | str] = (),
    plugins: Iterable[str | Path] = (),
    data: str | Path | None = None,
    timing: bool = True,
    scoring: bool = True,
    sizes: Texts = (),
    output_sizes: Texts = (),
    timeout: float = 600.0,
    memory: int = 0,
    retries: int = 1,
    fail_fast: bool = False,
    cluster: str = "",
    time_on: str = "",
    reuse: Iterable[str | Path] = (),
    report: bool = True,
    save_images: bool = False,
    baseline: str = "",
    budget: Budget | None = None,
    frame_budget: str = "",
    scores: str | Path | None = None,
) -> RunOptions:
    """Return the plan and the execution that these options ask for; nothing is opened or imported.

    `threads` are those of each worker, `thread_counts` those that methods are timed with where nothing is scored.
    Without `reference` the protocol is `none`: images are upscaled as they are. Metrics that are not given are PSNR and
    SSIM, which compare with HR, or NIQE, which needs none.

    `sr` names folders of SR images that exist; their methods are computed nowhere.

    Raises:
        UsageError: text that is no list, factor, size or device, or numbers that cannot be.

    """
    chosen = plan.items(protocols) if reference else _without_hr(plan.items(protocols))
    usual = plan.METRICS_WITHOUT_HR if chosen == plan.WITHOUT_HR else plan.METRICS
    typed = plan.items(methods)
    given = sr_folders(sr, typed)
    if given and cluster:
        raise UsageError("--sr names images of this machine, which a cluster does not have; leave --cluster out")
    what = Plan(
        methods=tuple(dict.fromkeys([*typed, *map(name_of_sr, given)])),
        factors=plan.factors(factors),
        datasets=plan.items(datasets),
        protocols=chosen,
        metrics=plan.items(metrics) if metrics else usual,
        device=plan.device(device),
        timing=timing,
        plugins=plan.absolute(Path(path) for path in plugins),
        scoring=scoring,
        sizes=plan.sizes(sizes),
        output_sizes=plan.output_sizes(output_sizes),
        threads=plan.threads(thread_counts),
        sr=given,
    )
    how = Execution(
        jobs=jobs,
        limits=Limits(timeout, memory, retries, threads),
        fail_fast=fail_fast,
        reuse=tuple(Path(folder) for folder in reuse),
        data=Path(data) if data else None,
        cluster=cluster,
        time_on=time_on,
        keep=Keep(crops=report and scoring, images=save_images),
        frame_budget=frame_budget,
        scores=Path(scores) if scores else None,
        baseline=baseline,
    )
    if frame_budget:
        plan.frame_budget(frame_budget)
    return RunOptions(what, replace(how, budget=budget) if budget else how)


def thorough(processes: int, limit: float) -> Budget:
    """Return how long `srbench time` times a method: in so many processes, for so many seconds, 0 for no limit.

    Raises:
        UsageError: there is no process, or less than no time.

    """
    if processes < 1 or not limit >= 0:
        raise UsageError(f"processes is {processes} and limit {limit}, expected at least 1 and seconds of at least 0")
    return replace(THOROUGH, processes=processes, limit=limit or math.inf)


def sr_folders(folders: Folders, methods: Iterable[str] = ()) -> tuple[str, ...]:
    """Return `NAME=FOLDER` for each folder of SR images; without a name, its own is taken.

    Raises:
        UsageError: a name that no method may have, or that of one of `methods`.

    """
    several = [folders] if isinstance(folders, str) else folders
    pairs = several.items() if isinstance(several, Mapping) else map(divided, several)
    found = tuple(sr_folder(name, folder) for name, folder in pairs)
    check_names_of_sr(map(name_of_sr, found), [labelled(each)[0] or each for each in methods])
    return tuple(dict.fromkeys(found))


def one_sr(folders: Sequence[str]) -> Path:
    """Return the one folder of SR images that a command takes.

    Raises:
        UsageError: there are several.

    """
    if folders[1:]:
        raise UsageError(f"got {len(folders)} folders of SR images (--sr), expected one; leave the others out")
    return Path(divided(folders[0])[1])


def check_names_of_sr(names: Iterable[str], others: Container[str]) -> None:
    """Refuse a name of SR images that is one of the `others`, those of methods that are computed.

    Raises:
        UsageError: one is.

    """
    if twice := next((name for name in names if name in others), ""):
        raise UsageError(f"two methods are called {twice}; give the SR images another name: --sr NAME=DIR")


def sr_folder(name: str, folder: str | Path) -> str:
    """Return `NAME=FOLDER`, with the absolute path of a folder of SR images; its own name where none is given.

    Raises:
        UsageError: no method may have that name.

    """
    from srbench.datasets.folder import folder_name  # noqa: PLC0415 - few runs need it
    from srbench.methods import RESERVED  # noqa: PLC0415

    if not isinstance(folder, str | os.PathLike):
        raise UsageError(f"the SR images of {name} are {folder!r}, expected the path of their folder")
    path = Path(folder).expanduser().resolve()
    name = name.strip() or folder_name(path)
    if not name.isprintable() or re.search('[":=,]', name) or name in RESERVED:
        what = "is a reserved name" if name in RESERVED else 'has one of " : = , in it, or what cannot be printed'
        raise UsageError(f"name {name!r} of SR images {what}; give another, such as RCAN=results/RCAN")
    return f"{name}={path}"


def name_of_sr(text: str) -> str:
    """Return the name in `NAME=FOLDER`."""
    return text.partition("=")[0]


def folders_of_sr(given: Iterable[str]) -> list[Path]:
    """Return the folders in `NAME=FOLDER`."""
    return [Path(text.partition("=")[2]) for text in given]


def divided(text: str) -> tuple[str, str]:
    """Return the name, which may be missing, and the folder that `NAME=DIR` or `DIR` says."""
    name, equals, folder = text.partition("=")
    return (name, folder) if equals and not Path(text).expanduser().is_dir() else ("", text)


def _without_hr(protocols: tuple[str, ...]) -> tuple[str, ...]:
    """Return the protocol of images without HR.

    Raises:
        UsageError: another one was named.

    """
    if protocols not in (plan.WITHOUT_HR, Plan.protocols):
        raise UsageError(
            f"protocol {','.join(protocols)} compares with HR, and without reference (--no-reference) there is none; "
            "leave one out"
        )
    return plan.WITHOUT_HR
