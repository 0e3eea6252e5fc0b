"""`srbench protocols`: the list, one protocol, and the start of a new one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.cli.options import protocol_names
from srbench.quality.degradation import NAMED
from srbench.quality.protocols import PROTOCOLS, SHORT, get

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.mark.slow
def test_list(srbench: Command) -> None:
    """Every protocol has a line with its LR, what is scored and cut; then each short name and degradation."""
    result = srbench("protocols")
    assert result.code == 0
    assert srbench("protocols", "list") == result
    lines = [line.split() for line in result.out.splitlines() if line.strip()]
    first = {line[0]: line for line in lines}
    assert first.keys() >= PROTOCOLS.keys() | SHORT.keys() | {f"lr={name}" for name in NAMED}
    assert first["ntire2017"][1:4] == ["bicubic", "rgb", "factor+6"]
    assert first["srcnn"][1:5] == ["bicubic", "of", "luma", "y-rounded"]
    assert "sigma=30.0" in first["lr=dn"]


def test_list_as_json(srbench: Command) -> None:
    """JSON has all that `show --json` has of each, and the degradations with their options."""
    found = json.loads(srbench("protocols", "--json").out)
    assert [each["protocol"] for each in found["protocols"]] == list(PROTOCOLS)
    assert found["protocols"][0] == json.loads(srbench("protocols", "show", "srcnn", "--json").out)
    assert {each["name"]: (each["protocol"], each["summary"]) for each in found["short"]} == SHORT
    assert {each["lr"]: each["options"] for each in found["degradations"]}["jpeg"] == {
        "quality": 90, "kernel": "bicubic-pillow"
    }  # fmt: skip


@pytest.mark.slow
def test_show(srbench: Command) -> None:
    """Each step is said in words, and the fingerprint is that of rows; an old name has today's."""
    result = srbench("protocols", "show", "selfexsr:lr=dn")
    assert result.code == 0
    protocol = get("selfexsr:lr=dn")
    assert all(line in result.out for line in protocol.words)
    assert protocol.fingerprint in result.out
    assert "DN of RDN" in result.out
    assert srbench("protocols", "show", "selfexsr:sigma=30:lr=dn") == result
    assert srbench("protocols", "show", "ntire").out.splitlines()[0].split() == ["protocol", "ntire2017"]
    shown = json.loads(srbench("protocols", "--json", "show", "selfexsr:lr=dn").out)
    assert (shown["fingerprint"], shown["words"]) == (protocol.fingerprint, protocol.words)


@pytest.mark.slow
def test_show_as_toml_starts_a_new_one(srbench: Command, tmp_path: Path) -> None:
    """What is printed is a file that shows the same protocol, and can be edited to another."""
    text = srbench("protocols", "show", "ntire-esr", "--toml").out
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    shown = json.loads(srbench("protocols", "show", "./mine.toml", "--json").out)
    assert shown["fingerprint"] == get("ntire-esr").fingerprint
    (tmp_path / "mine.toml").write_text(text.replace('"factor"', "4").replace("ntire-esr", "mine", 1), encoding="utf-8")
    shown = json.loads(srbench("protocols", "show", "./mine.toml", "--json").out)
    assert (shown["protocol"], shown["fields"]["shave_extra"]) == ("mine", 4)


def test_show_as_toml_starts_nothing_without_hr(srbench: Command) -> None:
    """The protocol without HR is no file that could be read again; another is where a new one starts."""
    result = srbench("protocols", "show", "none", "--toml")
    assert (result.code, result.out) == (2, "")
    assert "protocol none has nothing to edit; start from another, such as basicsr" in result.err


@pytest.mark.parametrize("spec", ["basicsr:lr=bdd", "none.toml", "basicrs"])
def test_show_what_there_is_not(srbench: Command, spec: str) -> None:
    """One line, exit code 2."""
    result = srbench("protocols", "show", spec)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


def test_completion() -> None:
    """Names are completed in comma lists, and degradations behind `lr=`."""
    assert protocol_names("bas") == ["basicsr", *SHORT]
    assert protocol_names("srcnn,nt") == ["srcnn,ntire2017", "srcnn,ntire-esr"]
    assert protocol_names("basicsr:lr=b") == [f"basicsr:lr={name}" for name in NAMED if name.startswith("b")]
    assert protocol_names("srcnn,basicsr:lr=dn") == ["srcnn,basicsr:lr=dn"]
