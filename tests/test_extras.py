"""What srbench tells people to install: what they mean, and nothing of a stranger's."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from srbench.extras import INSTALL

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
FOLDERS = ("srbench", "methods", "datasets", "docs", "tests", ".ci")
SUFFIXES = {".py", ".md", ".toml", ".txt", ".js", ".css", ".html", ".j2", ".yaml", ".yml", ".ipynb", ""}
COMMAND = re.compile(r"\b(?:(?:pip[3x]?|tool|conda|mamba) install|(?:uv|poetry) add)\b([^`\n;&|)#\\]*)")
WORD = re.compile(r"""'[^']*'|[^\s'",[\]]+(?:\[[\w,]*\])?""")
TAKES_A_FILE = {"-r", "--requirement", "-c", "--constraint"}
LOCAL = re.compile(r"\.{1,2}(?:/[\w./-]*)?(?:\[([\w,]+)\])?")


def name(requirement: str) -> str:
    """Return the name of the distribution that a requirement asks for."""
    return re.split(r"[\[<>=!~; @]", requirement, maxsplit=1)[0].lower().replace("_", "-")


KNOWN = {
    "opencv-python-headless",
    "jupyterlab",
    "notebook",
    *map(name, re.findall(r"^[\w-]+==", CONSTRAINTS, re.MULTILINE)),
}
"""Packages of others that are tested, the one that replaces OpenCV on a server, and those that open notebooks."""


def sources() -> list[Path]:
    """Return every text file of the project; this one quotes commands that are wrong."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    files = [path for path in [*ROOT.iterdir(), *inside] if path.is_file() and path.suffix in SUFFIXES]
    return [path for path in files if path.name not in {Path(__file__).name, ".git"}]


def strangers(text: str) -> list[str]:
    """Return what the commands in a text install from an index that is not a known package of others.

    A checkout with extras of ours, and a wheel, are no matter of an index.
    """
    plain = re.sub(r"\{[^}]*\}", "", text.replace("\\\n", " ").replace('", "', " "))
    found = []
    for command in COMMAND.findall(plain):
        words = [word.strip("'").rstrip(".:") if len(word) > 1 else word for word in WORD.findall(command)]
        files = {at + 1 for at, word in enumerate(words) if word in TAKES_A_FILE}
        asked = [word for at, word in enumerate(words) if at not in files and not word.startswith("-")]
        found += [word for word in asked if not _local(word) and name(word) not in KNOWN]
    return found + re.findall(r"(?<![\w-])srbench\[[a-z,]+\]", plain)


def _local(word: str) -> bool:
    match = LOCAL.fullmatch(word)
    extras = match[1].split(",") if match and match[1] else []
    return word.endswith(".whl") or bool(match and set(extras) <= set(EXTRAS))


def test_install_is_what_the_extras_bring() -> None:
    """The command of an extra names its packages; `dev` and `fuzz` are for a checkout alone.

    That of `models` takes them without what else they ask for: pip would replace torch by what fits torchvision.
    """
    asked = {extra: "pip install " + " ".join(map(name, EXTRAS[extra])) for extra in EXTRAS.keys() - {"dev", "fuzz"}}
    assert asked == {extra: command.replace(" --no-deps", "") for extra, command in INSTALL.items()}
    assert "--no-deps" in INSTALL["models"]


def test_the_distribution_has_a_name_of_its_own() -> None:
    """`srbench` on PyPI is another project: neither this one is called so, nor does it need it."""
    needed = {name(each) for each in [*PROJECT["dependencies"], *chain.from_iterable(EXTRAS.values())]}
    assert PROJECT["name"] == "superres-bench"
    assert "srbench" not in needed | KNOWN
    assert needed - {PROJECT["name"]} <= KNOWN


@pytest.mark.slow
def test_every_command_installs_what_is_meant() -> None:
    """No page, message, template or comment has a command that installs a package of a stranger."""
    found = {str(path): strangers(path.read_text(encoding="utf-8")) for path in sources()}
    assert len(found) > 300
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pip install srbench", ["srbench"]),
        ("needs it: pip install --force-reinstall srbench", ["srbench"]),
        ("`pip install 'srbench[train]'`", ["srbench[train]", "srbench[train]"]),
        ("python -m pip install -U 'srbench==0.1'; ls", ["srbench==0.1"]),
        ("pip install -e '.[trian]'", [".[trian]"]),
        ("pip install -c constraints.txt \\\n    superres-bench", ["superres-bench"]),
        ('["-m", "pip", "install", "srbench"]', ["srbench"]),
        ("pipx install srbench && uv add numpy srbench", ["srbench", "srbench"]),
        ("keeps `srbench[train]` small", ["srbench[train]"]),
        ("pip install . && pip install -e '.[train,onnx]' numpy 'onnx>=1.17'", []),
        ("pip install ./before --constraint constraints.txt", []),
        ("pip install dist/superres_bench-0.1.0-py3-none-any.whl", []),
        ("`pip install` in code, then numpy", []),
        (r'f"pip install -e {folder}\n" "then go on"', []),
    ],
)
def test_commands_are_understood(text: str, found: list[str]) -> None:
    """What the test before finds in a text."""
    assert strangers(text) == found
