"""The typer application: global options, and the commands in the order of `--help`."""

from __future__ import annotations

from typing import Annotated

import typer

from srbench.cli import (
    board,
    check,
    compare,
    conventions,
    datasets,
    degrade,
    env,
    explain,
    export,
    figure,
    history,
    methods,
    metrics,
    protocols,
    quantize,
    report,
    reproduce,
    results,
    run,
    score,
    time,
    train,
    upscale,
)
from srbench.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each option can also be set by an environment variable; the help of a command lists them at its end. Start "
    "with: srbench run",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"srbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    _debug: Annotated[
        bool, typer.Option("--debug", envvar="SRBENCH_DEBUG", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Benchmark image upscalers: scores that match published protocols to the last decimal, and reliable timings.

    `srbench run` scores and times methods, `srbench time` benchmarks latency thoroughly, and `srbench reproduce` checks
    this installation against published tables.
    """


app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=time.EXAMPLES)(time.time)
app.command(epilog=report.EXAMPLES)(report.report)
app.command(epilog=figure.EXAMPLES)(figure.figure)
app.command()(reproduce.reproduce)
app.command(epilog=compare.EXAMPLES)(compare.compare)
app.command(epilog=board.EXAMPLES)(board.board)
app.command(epilog=history.EXAMPLES)(history.history)
app.command(epilog=check.EXAMPLES)(check.check)
app.command()(score.score)
app.command(epilog=explain.EXAMPLES)(explain.explain)
app.command()(conventions.conventions)
app.command()(degrade.degrade)
app.command(epilog=upscale.EXAMPLES)(upscale.upscale)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=train.EXAMPLES)(train.train)
app.command()(train.recipes)
app.command(epilog=quantize.EXAMPLES)(quantize.quantize)
app.add_typer(methods.app, name="methods")
app.add_typer(metrics.app, name="metrics")
app.add_typer(datasets.app, name="datasets")
app.add_typer(protocols.app, name="protocols")
app.add_typer(results.app, name="results")
app.command()(env.env)
