"""A protocol as a TOML file: written, read again, and refused where it is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.errors import UsageError
from srbench.quality import protocol_file
from srbench.quality.degradation import NAMED
from srbench.quality.protocols import PROTOCOLS, get

# EDSR's validation on DIV2K (sanghyun-son/EDSR-PyTorch, src/utility.py, calc_psnr): RGB, shave = scale + 6
EDSR = """
summary = "EDSR's validation on DIV2K"

[compared]
scored = "rgb"
shave = "factor + 6"

[[lr.steps]]
step = "shrink"
kernel = "bicubic-matlab"
"""


@pytest.mark.parametrize("spec", [
    *PROTOCOLS, *(f"selfexsr:lr={name}" for name in NAMED), "srcnn:border=mirror:rounding=once", "basicsr:crop=12",
    "basicsr:border=mirror:grey=rgb",
    "basicsr:lr=blur-bicubic:sigma=0.7:size=5:shave=2*factor+1:scored=y-rounded", "article:lr=jpeg:quality=3",
])  # fmt: skip
def test_a_file_that_was_printed_is_the_same_protocol(tmp_path: Path, spec: str) -> None:
    """`show --toml`, saved and used, has the same fingerprint, the same words and the same summary."""
    protocol = get(spec)
    (tmp_path / "mine.toml").write_text(protocol_file.text(protocol), encoding="utf-8")
    again = protocol_file.read(tmp_path / "mine.toml")
    assert (again.fingerprint, again.words) == (protocol.fingerprint, protocol.words)
    assert again.summary == protocol.summary
    assert protocol_file.text(again) == protocol_file.text(protocol)
    assert protocol_file.text(protocol).startswith("# a protocol of your own: edit its name and summary, too\n")


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    """The crop may be left out; without a name it is called as the file is; words do not count in the fingerprint."""
    (tmp_path / "edsr-div2k.toml").write_text(EDSR, encoding="utf-8")
    protocol = protocol_file.read(tmp_path / "edsr-div2k.toml")
    assert (protocol.name, protocol.summary) == ("edsr-div2k", "EDSR's validation on DIV2K")
    assert protocol.fingerprint == get("ntire2017").fingerprint


def test_text_survives(tmp_path: Path) -> None:
    """Quotes, backslashes, control characters and other alphabets in a summary are read as they were."""
    summary = 'a "b" \\ c\n\t\x7f\u00fc\u8d85'
    path = tmp_path / "mine.toml"
    path.write_text(protocol_file.text(replace(get("basicsr"), summary=summary)), encoding="utf-8")
    assert protocol_file.read(path).summary == summary


@pytest.mark.parametrize(("old", "new", "problem"), [
    ('scored = "rgb"', 'scored = "l"', "scored is 'l', expected one of y, y-rounded, rgb$"),
    ('scored = "rgb"', "", "key compared.scored is missing"),
    ('scored = "rgb"', "scored = 1", "compared.scored is 1, expected str"),
    ('scored = "rgb"', 'scored = "rgb"\nborder = 3', r"unknown key 'compared.border'.* \(available: compared.scored, "),
    ('"factor + 6"', '"some"', "shave is 'some', expected pixels such as 4, or factor"),
    ('"factor + 6"', "true", "compared.shave is True, expected str or int"),
    ("[compared]", "[compare]", "unknown key 'compare'; did you mean 'compared'.*: name, summary, lr, compared"),
    ("[[lr.steps]]", '[lr]\ngrey = "luma"\n[[lr.steps]]', "grey is 'luma', expected keep or rgb"),
    ("[[lr.steps]]", "[[lr.step]]", "unknown key 'lr.step'; did you mean 'lr.steps'.*: lr.channels, lr.grey, "),
    ("[[lr.steps]]", "[lr]\nfactors = [1]\n[[lr.steps]]", r"lr.factors is \[1\], expected integers of at least 2"),
    ("[[lr.steps]]", '[lr]\nchannels = "x"\n[[lr.steps]]', "channels is 'x', expected y or rgb"),
    ('step = "shrink"', 'step = "shrunk"', "step is 'shrunk', expected one of crop, blur, shrink"),
    ('"bicubic-matlab"', '"bicubic"', "kernel is 'bicubic', expected one of bicubic-matlab, area"),
    ("summary =", "name =", "name is \"EDSR's validation on DIV2K\", expected up to 64 letters, digits, dots, - and _"),
    ("summary =", "name = 3 #", "name is 3, expected str"),
    ("[compared]", "[compared", r"cannot be read as a protocol in TOML \(.*line 4"),
])  # fmt: skip
def test_a_file_that_is_wrong(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """One line names the file and the key."""
    path = tmp_path / "mine.toml"
    path.write_text(EDSR.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=f"mine.toml: {problem}") as caught:
        protocol_file.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "problem"), [
    ("", r"table \[lr\] is missing"), ("[lr]", r"table \[compared\] is missing"),
    ("[compared]", r"table \[lr\] is missing"), ("lr = 1", "lr is 1, expected table"),
    ("lr = {}\ncompared = {}", "key lr.steps is missing"),
])  # fmt: skip
def test_a_file_without_its_tables(tmp_path: Path, text: str, problem: str) -> None:
    """Nothing is guessed: LR and comparison are both in the file."""
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"mine.toml: {problem}"):
        protocol_file.read(tmp_path / "mine.toml")


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, or a folder, is one line."""
    with pytest.raises(UsageError, match=r"none.toml: cannot be read as a protocol in TOML \(No such file"):
        protocol_file.read(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read as a protocol in TOML"):
        protocol_file.read(tmp_path)


def test_what_is_a_path() -> None:
    """A separator or the suffix makes a path of a spec's name."""
    assert all(map(protocol_file.is_path, ("./mine", "mine.toml", "a/b.toml", "C:\\mine")))
    assert not any(map(protocol_file.is_path, ("basicsr", json.dumps("x"))))


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    """The file in docs/protocols.md is a protocol, with the steps in its order."""
    page = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    protocol = protocol_file.read(tmp_path / "mine.toml")
    assert [step.kind for step in protocol.degradation.steps] == ["crop", "blur", "shrink", "noise"]
    assert (protocol.name, protocol.degradation.factors) == ("blurred-rgb", (2, 3))
