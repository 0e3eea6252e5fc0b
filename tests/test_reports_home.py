"""Nothing reports home: each command, with each engine, in an empty home without a network, seen from the kernel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import numpy as np
import pytest
import typer

from srbench.cli.app import app
from srbench.networks.running import Running
from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENGINES = get_args(get_type_hints(Running)["engine"])
OURS = ",".join(f"espcn:engine={each}" for each in ENGINES)
PLUGIN = """
def load(factor, device):
    import onnxruntime, openvino
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
"""
VARIABLES = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")
KEPT = (".cache/matplotlib", ".config/matplotlib", ".cache/srbench")
"""What may lie in a home: matplotlib's list of fonts, and downloads of our own."""

COMMANDS: dict[str, list[str]] = {
    "run": [
        f"run --plugin mine.py --methods bicubic,mine,{OURS} --datasets ./set --device cpu --no-timing --out run",
        "run --methods bilinear --datasets ./set --device cpu --no-timing --out other",
    ],
    "time": [
        "time --methods bicubic,espcn:engine=onnxruntime --sizes 32x32 --device cpu --processes 1 --limit 5 --out times"
    ],
    "report": ["report run", "report run --format html --out page.html"],
    "figure": ["figure run --image a.png --out strip.png"],
    "reproduce": ["reproduce --datasets set5"],
    "compare": ["compare run run"],
    "board": ["board run other --out site"],
    "history": ["history run other", "history run other --format html --out history.html"],
    "check": ["check espcn --factor 2"],
    "score": ["score --hr set --sr set --factor 3 --out scored"],
    "explain": ["explain --hr set --sr set --factor 3 --claimed 30"],
    "conventions": ["conventions"],
    "degrade": ["degrade set --out lr"],
    "upscale": [f"upscale set/a.png {each}.png --method espcn:engine={each}" for each in ENGINES],
    "export": ["export espcn espcn.onnx"],
    "methods probe": ["methods probe espcn.onnx", "methods probe espcn"],
    "train": ["train espcn --recipe paper --datasets ./set/ --set patch=9 --set optimizer=adam --epochs 1 --out new"],
    "recipes": ["recipes"],
    "quantize": ["quantize espcn:weights=new/weights.safetensors --datasets ./set/"],
    "env": ["env"],
    "methods": ["methods"],
    "methods list": ["methods list"],
    "methods show": ["methods show espcn"],
    "methods new": ["methods new other"],
    "metrics": ["metrics"],
    "metrics list": ["metrics list"],
    "metrics show": ["metrics show gmsd"],
    "metrics new": ["metrics new sharpness"],
    "protocols": ["protocols"],
    "protocols list": ["protocols list"],
    "protocols show": ["protocols show basicsr:lr=bd"],
    "datasets": ["datasets"],
    "datasets list": ["datasets list"],
    "datasets show": ["datasets show sample"],
    "datasets new": ["datasets new ./set/"],
    "datasets check": ["datasets check ./set/"],
    "datasets fetch": ["datasets fetch sample"],
    "datasets verify": ["datasets verify sample"],
    "results list": ["results list ."],
    "results verify": ["results verify run"],
    "results merge": ["results merge run other --out merged"],
}
"""Each command as it is typed; `datasets fetch` and `reproduce` are the two that may ask for a network, for others."""

ALONE = (
    *("run", "time", "reproduce", "check", "score", "explain", "upscale", "export", "methods probe", "train"),
    *("datasets fetch",),
)
"""Those that compute or fetch, each in a process of its own; the others follow one another in one process."""

EACH = """
import sys
from srbench.cli import main
for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as ended:
        if ended.code:
            raise
"""

FAILS = {"reproduce", "explain"}
"""What ends with another exit code than 0, as no dataset is there, or no convention gives the number."""


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:  # noqa: ANN401 - click's, or typer's own
    """Yield each command that can be typed."""
    below = getattr(command, "commands", {})
    if path and (not below or command.invoke_without_command):
        yield " ".join(path)
    for name, each in below.items():
        yield from leaves(each, (*path, name))


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[list[str]], set[str]]:
    """Return a function that runs commands and returns what they left in an empty home, and whom they called."""
    alone = ["unshare", "--map-root-user", "--net", "strace", "-f", "-qq", "--seccomp-bpf"]
    tracing = [*alone, "-e", "trace=connect,sendto,sendmsg,sendmmsg"]
    there = all(map(shutil.which, ("unshare", "strace")))
    if not there or subprocess.run([*tracing, "-o/dev/null", "true"], check=False).returncode:
        pytest.skip("seeing what is called needs unshare with user namespaces, and strace")
    own = ("SRBENCH_", "XDG_", "PYTEST_", "CI", *VARIABLES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}

    def run(commands: list[str]) -> set[str]:
        home = tmp_path / "home"
        home.mkdir()
        environment = {**kept, "HOME": str(home), "SRBENCH_REPORT": "0"}
        line = [*tracing, "-o", str(home.with_suffix(".trace")), sys.executable, "-c", EACH, *commands]
        done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        end = {done.stderr} if done.returncode and commands[0].split(maxsplit=1)[0] not in FAILS else set()
        calls = re.findall(r'inet\w*\((?:AF_INET6, )?"([^"]+)"', home.with_suffix(".trace").read_text(encoding="utf-8"))
        left = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
        shutil.rmtree(home)
        return (
            end | {each for each in left if not each.startswith(KEPT)} | {each for each in calls if not loopback(each)}
        )

    return run


def loopback(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    return ip_address(address).is_loopback


def test_every_command_is_there() -> None:
    """None is forgotten below."""
    assert set(leaves(typer.main.get_command(app))) == set(COMMANDS)


def test_variables_are_set_before_anything_is_imported() -> None:
    """Whoever imports srbench has them, with all that it starts; who set them otherwise keeps that."""
    code = "import srbench, os, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], sys.modules['openvino_telemetry'])"
    for given, expected in ({}, "1 None"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0 None"):
        environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | given
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_reports_home(seen: Callable[[list[str]], set[str]], tmp_path: Path) -> None:
    """No command leaves a file in an empty home or calls another machine; nor does a plug-in's own engine."""
    (tmp_path / "set").mkdir()
    random = np.random.default_rng(3)
    for name in ("a", "b"):
        write_image(tmp_path / "set" / f"{name}.png", random.integers(0, 256, (60, 60, 3), dtype=np.uint8))
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    alone = [[command] for name in ALONE for command in COMMANDS[name]]
    together = [command for name, commands in COMMANDS.items() if name not in ALONE for command in commands]
    found = {"; ".join(commands): seen(commands) for commands in (*alone, together)}
    assert {commands: things for commands, things in found.items() if things} == {}
