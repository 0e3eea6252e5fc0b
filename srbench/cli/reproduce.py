"""`srbench reproduce`: this installation against the literature, or against a table of claims."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli import options


def reproduce(  # noqa: PLR0913 - options of a command
    methods: options.Methods = [],  # noqa: B006 - typer copies it
    *,
    table: Annotated[
        list[str],
        typer.Option(
            "--table",
            envvar="SRBENCH_TABLE",
            metavar="FILE,...",
            rich_help_panel=options.INPUT,
            callback=options.one_list,
            help="CSV tables of claims (docs/reproducing.md); `published` is that of srbench.",
        ),
    ] = ["published"],  # noqa: B006
    datasets: options.Datasets = [],  # noqa: B006
    protocol: options.Protocols = [],  # noqa: B006
    factor: options.Factors = [],  # noqa: B006
    plugin: options.Plugins = None,
    jobs: options.Jobs = 1,
    data: options.Data = None,
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_REPRODUCE_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Folder to keep the runs and claims.csv in; by default they are discarded.",
        ),
    ] = None,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Measure what papers report, and print reported and measured scores side by side.

    Without --table, the claims of bicubic-matlab in the published tables are reproduced, on the datasets that are on
    this disk; `srbench datasets fetch set5 set14 bsd100` downloads them. A table of your own has one claim a line,
    `method,dataset,factor,protocol,metric,reported,source`, and all its methods are run; --methods, --datasets,
    --protocol and --factor choose among them. What cannot be measured here says why.

    Verdicts go by the digits that are printed: equal, agrees (within one unit of the last), close (within 0.01 dB or
    0.001) or off. A claim that was measured with other weights than its own is `trained`: the difference
    has no verdict. Exit code 1 if a claim is off or could not be measured.

    Example: srbench reproduce --protocol selfexsr:lr=bd,selfexsr:lr=dn

    Example: srbench reproduce --table claims.csv --plugin mine.py
    """
    from srbench import plan
    from srbench.analysis.claims import WrongLines
    from srbench.cli import console
    from srbench.execution.asked_claims import Wanted
    from srbench.execution.reproduction import reproduce
    from srbench.formats.strict_json import records
    from srbench.reports import claims

    wanted = Wanted(
        tables=plan.items(table),
        methods=plan.items(methods),
        datasets=plan.items(datasets),
        protocols=plan.items(protocol),
        factors=plan.factors(factor) if factor else (),
        plugins=plan.absolute(plugin or ()),
        data=data,
    )
    try:
        with console.only_results(json), console.progress() as tick:
            found = reproduce(wanted, jobs=jobs, out=out, tick=tick, tell=console.note)
    except WrongLines as error:
        for line in error.lines:
            console.note(f"srbench: {line}")
        raise typer.Exit(2) from error
    if json:
        console.print_json(records(found.claims))
    else:
        claims.show(console.out, found.claims, found.metrics)
    raise typer.Exit(0 if found.passed else 1)
