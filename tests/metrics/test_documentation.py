"""The plug-ins of docs/metrics.md: declared as they should be, and held to the contract where their package is here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from srbench import method_options, testing
from srbench.errors import Unsupported
from srbench.metrics.declaration import Metric
from srbench.metrics.registry import choose, registry

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
PLUGINS = {
    block.partition('"""')[2].partition(":")[0].lower(): block
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    if "METRIC =" in block
}
FETCHING = {"musiq"}
"""They would fetch weights."""


def test_there_is_one_of_each_package() -> None:
    """The smallest one, and one each of torchmetrics, piq and pyiqa."""
    assert list(PLUGINS) == ["mae", "uqi", "sr-sim", "musiq"]


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_of_the_documentation(tmp_path: Path, name: str) -> None:
    """It is short, declares what it should, and keeps the contract if its package is here."""
    file = tmp_path / f"{name}.py"
    file.write_text(PLUGINS[name], encoding="utf-8")
    choice = choose(name, registry([file]))
    assert choice.metric().hint
    assert len([line for line in PLUGINS[name].partition("METRIC")[2].splitlines() if line.strip()]) <= 14
    if name in FETCHING:
        return
    try:
        choice.load()
    except Unsupported as error:
        pytest.skip(str(error))
    testing.keeps_metric_contract(name, [file])


def test_the_table_names_every_field() -> None:
    """What METRIC may say is in the table of the documentation."""
    lines = TEXT.partition("| field of `Metric` |")[2].partition("\n\n")[0].splitlines()[2:]
    named = {word for line in lines for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == set(method_options.named(Metric))
