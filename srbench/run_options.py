"""The options of `srbench run` as a plan and its execution, for the command line and for Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from srbench import plan
from srbench.errors import UsageError
from srbench.isolation.limits import Limits
from srbench.plan import Execution, Keep, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srbench.speed.timing import Budget

Texts: TypeAlias = "str | Iterable[str]"
"""One comma list, or several."""


class RunOptions(NamedTuple):
    """What a run computes, and how."""

    plan: Plan
    execution: Execution


def run_options(  # noqa: PLR0913 - the options of `srbench run` and `srbench time`
    methods: Texts,
    *,
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

    Raises:
        UsageError: text that is no list, factor, size or device, or numbers that cannot be.

    """
    chosen = plan.items(protocols) if reference else _without_hr(plan.items(protocols))
    usual = plan.METRICS_WITHOUT_HR if chosen == plan.WITHOUT_HR else plan.METRICS
    what = Plan(
        methods=plan.items(methods),
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
