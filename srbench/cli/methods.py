"""`srbench methods`: list, show, new; probe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli import options, plugin_commands, probe

if TYPE_CHECKING:
    from srbench.methods import Method

app = typer.Typer(
    help="List the methods; show one, probe a model file, or create a new one.", invoke_without_command=True
)

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
    """List the methods; show one, probe a model file, or create a new one."""
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
    more = "details: srbench methods show NAME; your own: srbench methods new NAME; faults: srbench check NAME"
    console.out.print(more, style="dim", soft_wrap=True)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the method.")],
    plugin: options.Plugins = None,
    json: options.Json = False,
) -> None:
    """Show one method: description, options, what it takes, devices, model cards."""
    from srbench import model_files
    from srbench.cli import console
    from srbench.methods import choose, registry
    from srbench.specs import parse_method

    json = options.given(context, "json", json)
    with console.only_results(json):
        plugin = options.given(context, "plugin", plugin)
        facts = _facts(choose(parse_method(name).name, registry(plugin or [])).method)
    if json:
        console.print_json(facts | {"takes": facts["takes"] and facts["takes"].facts})
        return
    of_any = (
        "what its file takes: srbench methods probe FILE" if model_files.OPTION in facts["options"] else "any image"
    )
    plugin_commands.say_facts(facts | {"takes": facts["takes"].words if facts["takes"] else of_any})


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new method: letters, digits and _.")],
    folder: options.NewIn = None,
) -> None:
    """Write NAME.py, a working plug-in, and test_NAME.py, its contract test."""
    from srbench.cli import console
    from srbench.methods import Method, registry

    folder = folder or Path()
    plugin_commands.check_new(Method, name, registry())
    plugin_commands.write_new({folder / f"{name}.py": _PLUGIN, folder / f"test_{name}.py": _TEST}, name)
    plugin = folder / f"{name}.py"
    console.say(
        f"wrote {plugin} and {folder / f'test_{name}.py'}\n"
        f"try it:  srbench run --plugin {plugin} --methods bicubic,{name}\n"
        f"test it: pytest {folder / f'test_{name}.py'}\n"
        f"before you publish it: srbench check {name} --plugin {plugin}\n"
        f"time it: pytest --benchmark-only -o srbench_methods={plugin} {plugin}"
    )
    plugin_commands.say_what_tests_need("both need")


app.command(epilog=probe.EXAMPLES)(probe.probe)


def _facts(method: Method) -> dict[str, Any]:
    """Return what there is to say about a method; this imports it."""
    return {
        "method": method.name,
        "from": method.origin,
        "file": str(method.source),
        "devices": list(method.devices()),
        "options": plugin_commands.options_of(method),
        "takes": method.takes(),
        "about": method.module().__doc__ or "",
        "model cards": [str(card) for card in _cards(method.source, method.name)],
    }


def _cards(source: Path | None, name: str) -> list[Path]:
    return sorted((source.parent / "weights").glob(f"{name}-*.md")) if source else []
