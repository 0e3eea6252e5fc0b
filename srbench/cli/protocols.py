"""`srbench protocols`: list, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.degradation import Degradation
    from srbench.quality.protocol import Protocol

app = typer.Typer(help="List the protocols and degradations; show one.", invoke_without_command=True)


@app.callback()
def protocols(context: typer.Context, json: options.Json = False) -> None:
    """List the protocols and degradations; show one."""
    options.hand_down(context, json=json)
    if context.invoked_subcommand is None:
        list_protocols(context, json)


@app.command("list")
def list_protocols(context: typer.Context, json: options.Json = False) -> None:
    """List all protocols: how LR is made, what is scored and cut; then short names, and all degradations."""
    from rich.table import Column, Table
    from rich.text import Text

    from srbench.cli import console
    from srbench.quality.degradation import NAMED
    from srbench.quality.protocols import PROTOCOLS, SHORT

    if options.given(context, "json", json):
        made = [{"lr": name, "options": _options(maker), "summary": maker.__doc__} for name, maker in NAMED.items()]
        known = [_facts(each) for each in PROTOCOLS.values()]
        short = [{"name": name, "protocol": spec, "summary": summary} for name, (spec, summary) in SHORT.items()]
        console.print_json({"protocols": known, "short": short, "degradations": made})
        return
    table = Table("protocol", "LR by", "scored", "cut", "description", box=None, header_style="bold")
    for each in PROTOCOLS.values():
        table.add_row(*map(Text, (each.name, _lr(each), each.scored, each.shave_text, each.summary)))
    console.out.print(table)
    console.say("")
    table = Table("short name", Column("protocol", overflow="fold"), "description", box=None, header_style="bold")
    for name, (spec, summary) in SHORT.items():
        table.add_row(*map(Text, (name, spec, summary)))
    console.out.print(table)
    console.say("")
    table = Table(
        Column("degradation", no_wrap=True),
        Column("options", overflow="fold"),
        "description",
        box=None,
        header_style="bold",
    )
    for name, maker in NAMED.items():
        chosen = ", ".join(f"{key}={value}" for key, value in _options(maker).items())
        table.add_row(Text(f"lr={name}"), Text(chosen), Text(str(maker.__doc__)))
    console.out.print(table)
    console.say("one with other LR or comparison: --protocol basicsr:lr=bd, basicsr:scored=rgb:shave=4", style="dim")
    console.say("details: srbench protocols show SPEC; your own: show SPEC --toml > mine.toml", style="dim")


@app.command()
def show(
    context: typer.Context,
    spec: Annotated[
        str,
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.protocol_names,
            help="Protocol, as name[:key=value...], or a TOML file such as ./mine.toml.",
        ),
    ],
    toml: Annotated[
        bool,
        typer.Option(
            "--toml",
            envvar="SRBENCH_PROTOCOLS_TOML",
            rich_help_panel=options.OUTPUT,
            help="Print the protocol as a TOML file, to edit, share, and use as --protocol ./mine.toml.",
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """Show one protocol: each step in words, and its fingerprint.

    Example: srbench protocols show ntire-esr --toml > mine.toml
    """
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.quality import protocol_file
    from srbench.quality.protocols import get

    chosen = get(spec)
    if toml and not chosen.has_hr:
        raise UsageError(f"protocol {chosen.name} has nothing to edit; start from another, such as basicsr")
    if toml:
        typer.echo(protocol_file.text(chosen), nl=False)
    elif options.given(context, "json", json):
        console.print_json(_facts(chosen))
    else:
        console.say(f"{'protocol':12} {chosen.name}")
        console.say(f"{'fingerprint':12} {chosen.fingerprint}")
        console.say(f"{'about':12} {chosen.summary or 'none'}")
        for number, line in enumerate(chosen.words, 1):
            console.say(f"{number:>11}. {line}")


def _facts(protocol: Protocol) -> dict[str, Any]:
    names = {"protocol": protocol.name, "summary": protocol.summary, "fingerprint": protocol.fingerprint}
    return names | {"words": protocol.words, "fields": protocol.fields}


def _lr(protocol: Protocol) -> str:
    from srbench.quality.protocols import name_of

    return name_of(protocol.degradation) + " of luma" * (protocol.degradation.channels == "y")


def _options(maker: Callable[..., Degradation]) -> dict[str, Any]:
    """Return the options of a degradation and what they are by default."""
    from srbench.method_options import named

    return {name: each.default for name, each in named(maker).items()}
