"""`srbench methods`: list, show, new."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from inspect import Parameter

    from srbench.methods import Method

app = typer.Typer(help="List the methods; show one, or create a new one.", invoke_without_command=True)

_PLUGIN = '''"""{name}: one line that says what it does."""

import cv2


def load(factor, device):
    """Return an upscaler: image -> image, `factor` times as large, with the dtype and channels of its input.

    An image is uint8 in 0..255 or float in 0..1, (H, W) grey or (H, W, 3) RGB.
    """

    def upscale(image):
        return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)

    return upscale
'''

_TEST = '''"""{name} keeps the method contract."""

from pathlib import Path

import pytest

from srbench import testing

METHODS = testing.registry([Path(__file__).with_name("{name}.py")])


@pytest.mark.parametrize("factor", testing.FACTORS)
def test_contract(factor):
    """Shapes, dtypes, determinism and untouched inputs, on grey and RGB, down to one pixel."""
    testing.keeps_contract(testing.choose("{name}", METHODS), factor)
'''


@app.callback()
def methods(context: typer.Context, plugin: options.Plugins = None, json: options.Json = False) -> None:
    """List the methods; show one, or create a new one."""
    options.hand_down(context, plugin=plugin, json=json)
    if context.invoked_subcommand is None:
        list_methods(context, plugin, json)


@app.command("list")
def list_methods(context: typer.Context, plugin: options.Plugins = None, json: options.Json = False) -> None:
    """List all methods: built in, installed, or given with --plugin. None is imported."""
    from rich.table import Table
    from rich.text import Text

    from srbench.cli import console
    from srbench.methods import registry

    plugin = options.given(context, "plugin", plugin)
    found = sorted(registry(plugin or []).values(), key=lambda method: method.name)
    if options.given(context, "json", json):
        console.print_json([{"name": each.name, "origin": each.origin, "summary": each.summary} for each in found])
        return
    table = Table("method", "description", "from", box=None, header_style="bold")
    for each in found:
        table.add_row(Text(each.name), Text(each.summary), Text(each.origin))
    console.out.print(table)
    console.out.print("details: srbench methods show NAME; your own: srbench methods new NAME", style="dim")


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the method.")],
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Show one method: description, options, devices, model cards."""
    from srbench.cli import console
    from srbench.methods import choose, registry

    json = options.given(context, "json", json)
    with console.only_results(json):
        plugin = options.given(context, "plugin", plugin)
        facts = _facts(choose(name.partition(":")[0], registry(plugin or [])).method)
    if json:
        console.print_json(facts)
        return
    for key, value in facts.items():
        text = "; ".join(f"{option}={how}" for option, how in value.items()) if isinstance(value, dict) else value
        text = ", ".join(text) if isinstance(text, list) else text.strip()
        console.say(f"{key:12} {text or 'none'}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new method: letters, digits and _.")],
    folder: Annotated[
        Path,
        typer.Option(
            "--dir",
            envvar="SRBENCH_DIR",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Folder to write to; by default the current one.",
            show_default=False,
        ),
    ] = Path(),
) -> None:
    """Write NAME.py, a working plug-in, and test_NAME.py, its contract test."""
    from srbench.cli import console
    from srbench.errors import UsageError
    from srbench.extras import INSTALL
    from srbench.methods import RESERVED, registry

    if name in RESERVED:
        raise UsageError(f"{name!r} is a reserved method name; choose another name")
    if not name.isidentifier():
        raise UsageError(f"{name!r} cannot name a method; expected letters, digits and _, such as my_method")
    if name in registry():
        raise UsageError(f"a method {name!r} exists already; choose another name")
    files = {folder / f"{name}.py": _PLUGIN, folder / f"test_{name}.py": _TEST}
    for path in files:
        if path.exists():
            raise UsageError(f"{path} exists and was left untouched; choose another name or --dir")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text.format(name=name), encoding="utf-8")
    plugin = folder / f"{name}.py"
    console.say(
        f"wrote {plugin} and {folder / f'test_{name}.py'}\n"
        f"try it:  srbench run --plugin {plugin} --methods bicubic,{name}\n"
        f"test it: pytest {folder / f'test_{name}.py'}\n"
        f"time it: pytest --benchmark-only -o srbench_methods={plugin} {plugin}"
    )
    if not all(map(find_spec, ("pytest", "pytest_benchmark"))):
        console.say(f"both need what is not installed yet: {INSTALL['test']}")


def _facts(method: Method) -> dict[str, Any]:
    """Return what there is to say about a method; this imports it."""
    return {
        "method": method.name,
        "from": method.origin,
        "file": str(method.source),
        "devices": list(method.devices()),
        "options": {key: _option(method, parameter) for key, parameter in method.defaults().items()},
        "about": method.module().__doc__ or "",
        "model cards": [str(card) for card in _cards(method.source, method.name)],
    }


def _option(method: Method, parameter: Parameter) -> str:
    """Say an option's default and what it takes: its choices, or its type."""
    from srbench.method_options import hint

    kind = hint(method.module().load, parameter)
    choices = get_args(kind) if get_origin(kind) is Literal else (getattr(kind, "__name__", str(kind)),)
    takes = " | ".join(map(str, choices))
    return f"{'required' if parameter.default is parameter.empty else parameter.default} ({takes})"


def _cards(source: Path | None, name: str) -> list[Path]:
    return sorted((source.parent / "weights").glob(f"{name}-*.md")) if source else []
