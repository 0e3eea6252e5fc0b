"""`srbench metrics`: list, show, new."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options, plugin_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from srbench.metrics import Metric
    from srbench.metrics.registry import Choice, MetricPlugin

app = typer.Typer(help="List the metrics; show one, or create a new one.", invoke_without_command=True)

_WIDE = 110
"""Columns from which the list has room for descriptions."""


@app.callback()
def metrics(context: typer.Context, plugin: options.Plugins = None, json: options.Json = False) -> None:
    """List the metrics; show one, or create a new one."""
    options.hand_down(context, plugin=plugin, json=json)
    if context.invoked_subcommand is None:
        list_metrics(context, plugin, json)


@app.command("list")
def list_metrics(context: typer.Context, plugin: options.Plugins = None, json: options.Json = False) -> None:
    """List all metrics: built in, installed, or given with --plugin."""
    from srbench.cli import console
    from srbench.metrics.registry import registry

    json = options.given(context, "json", json)
    with console.only_results(json):
        plugin = options.given(context, "plugin", plugin)
        found = sorted(registry(plugin or []).values(), key=lambda metric: metric.name)
        said = _declared(found, plugin or [])
    if json:
        console.print_json([_line_of_json(each, metric) for each, metric in said.items()])
        return
    console.out.print(_table(said, wide=console.out.width >= _WIDE))
    for each, metric in said.items():
        if isinstance(metric, str):
            console.note(f"{each.name} cannot be used here: {metric}")
    console.out.print("details: srbench metrics show NAME; your own: srbench metrics new NAME", style="dim")


@app.command()
def show(
    context: typer.Context,
    name: options.MetricArgument,
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Show one metric: what it measures, its range, what it sees, options, licence, weights."""
    from srbench.cli import console
    from srbench.metrics.registry import check_names, choose, registry

    json = options.given(context, "json", json)
    with console.only_results(json):
        files = options.given(context, "plugin", plugin) or []
        check_names([name], files)
        choice = choose(name, registry(files))
        facts = _facts(choice)
    if json:
        console.print_json(facts)
        return
    plugin_commands.say_facts(_in_words(choice.metric(), facts))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new metric: letters, digits and _.")],
    folder: options.NewPackageIn = None,
) -> None:
    """Write the package NAME: a metric that works, its contract test, and what makes it installable."""
    from srbench.cli import console, metric_package
    from srbench.metrics.registry import MetricPlugin, registry

    folder = folder or Path(name)
    plugin_commands.check_new(MetricPlugin, name, registry())
    texts = metric_package.files(name)
    plugin_commands.write_new({folder / path: text for path, text in texts.items()}, name)
    lines = (
        f"wrote {', '.join(texts)} in {folder}",
        f"try it:     srbench run --plugin {folder / metric_package.module(name)} --metrics psnr,ssim,{name}",
        f"install it: pip install -e {Path.cwd() / folder}",
        f"test it:    pytest {folder}",
    )
    console.say("\n".join(lines))
    plugin_commands.say_what_tests_need("tests need")


def _declared(found: Sequence[MetricPlugin], files: Iterable[Path]) -> dict[MetricPlugin, Metric | str]:
    """Return what each metric says of itself, or why it cannot; those of others, which may die, in workers."""
    from srbench.execution.metric_info import AskedMetric
    from srbench.execution.worker_group import WorkerGroup
    from srbench.isolation.limits import Limits
    from srbench.plan import absolute

    said: dict[MetricPlugin, Metric | str] = {}
    plugins = absolute(files)
    with WorkerGroup((), Limits(retries=0), [each.name for each in found]) as workers:
        for each in found:
            if each.origin == "built in":
                said[each] = _imported(each)
                continue
            (info,) = workers.describe_metrics([AskedMetric(each.name, plugins)])
            said[each] = str(info.error) if info.error else info.declared
    return said


def _imported(plugin: MetricPlugin) -> Metric | str:
    from srbench.errors import SrbenchError

    try:
        return plugin.metric()
    except SrbenchError as error:
        return str(error)


def _line_of_json(plugin: MetricPlugin, metric: Metric | str) -> dict[str, Any]:
    facts = {"error": metric} if isinstance(metric, str) else metric.facts
    return {"name": plugin.name, "origin": plugin.origin, "summary": plugin.summary, **facts}


def _table(said: dict[MetricPlugin, Metric | str], *, wide: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    more = ["description"] if wide else []
    table = Table(*_COLUMNS, *more, "from", box=None, header_style="bold")
    for plugin, metric in said.items():
        words = ["-"] * (len(_COLUMNS) - 1) if isinstance(metric, str) else _words(metric)
        described = [plugin.summary] if wide else []
        table.add_row(*map(Text, [plugin.name, *words, *described, plugin.origin]))
    return table


_COLUMNS = ("metric", "label", "better", "unit", "range", "needs", "sees")


def _words(metric: Metric) -> list[str]:
    """Return what the list shows of a metric, without its name."""
    needs = "reference" if metric.reference else "-"
    return [metric.label, metric.better, metric.unit or "-", _range(metric), needs, metric.sees]


def _range(metric: Metric) -> str:
    return "any" if metric.low == -math.inf and metric.high == math.inf else f"{metric.low:g} to {metric.high:g}"


def _facts(choice: Choice) -> dict[str, Any]:
    """Return what there is to say about a metric; this imports it, and fetches nothing."""
    from inspect import cleandoc

    module = choice.plugin.module()
    docs = filter(None, [module.__doc__, module.load.__doc__])
    return {
        "metric": choice.spec,
        "from": choice.plugin.origin,
        "file": str(choice.plugin.source),
        **choice.metric().facts,
        "options": plugin_commands.options_of(choice.plugin, dict(choice.options)),
        "licence": str(getattr(module, "LICENCE", "")),
        "weights": {str(path): path.is_file() for path in choice.weights()},
        "about": "\n\n".join(map(cleandoc, docs)),
    }


def _in_words(metric: Metric, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts as they are printed."""
    seen = {
        "scored": "the channels that the protocol scores, after rounding and shave",
        "rgb": "the whole image, uint8 RGB",
    }
    here = {True: "here", False: "fetched when it is used first"}
    words = {
        "low": _range(metric),
        "sees": seen[metric.sees],
        "reference": "needed" if metric.reference else "not needed",
        "symmetric": "images may change places" if metric.symmetric else "images may not change places",
        "weights": [f"{path} ({here[is_here]})" for path, is_here in facts["weights"].items()],
    }
    names = {"low": "range", "hint": "measures"}
    return {names.get(key, key): words.get(key, value) for key, value in facts.items() if key != "high"}
