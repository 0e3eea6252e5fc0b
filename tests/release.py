"""`make release`: wheel and sdist in dist/, each installed in an empty environment, where the README's commands run.

Nothing is published and nothing tagged. Every Python of 3.11 or newer that is found (in PATH, and pyenv's) is tried,
or those that are named. Where no CPU build of torch is to be had, an environment takes 6 GB of TMPDIR while it is
tested. Commands run in folders where no checkout is. Those on real images need SRBENCH_DATA, SRBENCH_GOLDEN and
SRBENCH_MODELS, as the tests do; without, they are skipped, which is said. Exit code 1: something failed.

python tests/release.py [--python python3.12 ...] [--kind wheel] [--out dist]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from srbench.hashing import file_hash  # noqa: E402 - the checkout's
from srbench.version import __version__  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KINDS = {"wheel": "*.whl", "sdist": "*.tar.gz"}
EXTRAS = "onnx,train"
"""What the README's commands need besides, and installs itself: the rest of it is `ALONE`."""
ALONE = ("spandrel", "einops")
"""Installed without their dependencies, as the README says."""
_INSTALL = ("-m", "pip", "install", "--quiet")
OLDEST = (3, 11)
LIMIT = 3600
"""Seconds that one step may take."""


class Outcome(NamedTuple):
    """How one distribution did under one Python."""

    python: str
    kind: str
    failed: str
    """What failed; empty: nothing."""
    told: str
    """What pytest said in the end."""
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, try, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", help="Pythons to try; by default all that are found")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS), help="what to try")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the distributions")
    given = parser.parse_args(arguments)
    faults = [*disagreements(ROOT)]
    for line in faults:
        print(f"release: {line}", file=sys.stderr)
    if faults:
        return 1
    files = build(given.out)
    outcomes = [tried(python, kind, files[kind]) for python in given.python or list(pythons()) for kind in given.kind]
    for each in outcomes:
        print(f"{each.python} {each.kind}: {each.failed or 'ok'} ({each.told}; {each.seconds:.0f} s)")
    return int(any(each.failed for each in outcomes) or not outcomes)


def disagreements(root: Path) -> Iterator[str]:
    """Yield what of a checkout does not name the version that it has, or not the same day."""
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (.*)$", changelog, re.MULTILINE)
    found = re.fullmatch(rf"{re.escape(__version__)} \((\d{{4}}-\d\d-\d\d)\)", heading.group(1) if heading else "")
    if not found:
        yield f"CHANGELOG.md begins with {heading and heading.group(1)!r}, expected '{__version__} (YYYY-MM-DD)'"
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    for line in (f"version: {__version__}", *([f"date-released: {found.group(1)}"] if found else [])):
        if not re.search(rf"^{re.escape(line)}$", citation, re.MULTILINE):
            yield f"CITATION.cff lacks the line '{line}'"


def build(out: Path) -> dict[str, Path]:
    """Build the sdist, and the wheel from it, so that the sdist is known to hold all that a wheel is made of."""
    git = ["git", "status", "--porcelain"]
    changed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False)
    if changed.returncode or changed.stdout:
        print("release: the checkout has changes that are not committed", file=sys.stderr)
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)], check=True, stdout=subprocess.DEVNULL
    )
    files = {kind: next(out.glob(pattern)) for kind, pattern in KINDS.items()}
    sums = "".join(f"{file_hash(path)}  {path.name}\n" for path in files.values())
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(sums, end="")
    return files


def pythons() -> Iterator[str]:
    """Yield the Pythons that are found and old enough, each minor version once."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in range(OLDEST[1], OLDEST[1] + 9):
        name = f"python3.{minor}"
        here = [sys.executable] if sys.version_info[:2] == (3, minor) else []
        for each in (*here, shutil.which(name), *sorted(map(str, root.glob(f"versions/3.{minor}.*/bin/{name}")))):
            if each and _version(each):
                yield each
                break


def _version(python: str) -> str:
    """Return the version of a Python that answers and can make environments; else nothing."""
    code = "import platform, ensurepip, venv; print(platform.python_version())"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def tried(python: str, kind: str, file: Path) -> Outcome:
    """Install a distribution in an empty environment, and run the README's commands there."""
    start, version, said = time.monotonic(), _version(python), ""
    print(f"{version or python} {kind}: installing {file.name}", flush=True)
    with tempfile.TemporaryDirectory(prefix="srbench-release-") as folder:
        place = Path(folder)
        try:
            installed = _environment(python, place / "environment", file)
            _smoke(installed, place)
            _extras(installed, file)
            print(f"{version} {kind}: running the README's commands", flush=True)
            said, failed = _readme(installed)
        except subprocess.CalledProcessError as error:
            failed = f"failed: {' '.join(map(str, error.cmd))}"
            print(error.stdout or "", error.stderr or "", sep="\n", file=sys.stderr)
        except subprocess.TimeoutExpired as error:
            failed = f"took too long: {' '.join(map(str, error.cmd))}"
    return Outcome(version or python, kind, failed, said or "no README", time.monotonic() - start)


def _environment(python: str, place: Path, file: Path) -> Path:
    """Return the Python of an environment that holds the distribution, and what it depends on."""
    _call(python, "-m", "venv", place, cwd=place.parent)
    installed = place / "bin" / "python"
    _pip(installed, file)
    return installed


def _smoke(python: Path, place: Path) -> None:
    """Run the command that is installed, in an empty folder: without any extra it lists, scores and upscales."""
    folder = place / "empty"
    folder.mkdir()
    program = python.with_name("srbench")
    said = _call(program, "--version", cwd=folder)
    if __version__ not in said:
        raise subprocess.CalledProcessError(1, [program, "--version"], said)
    _call(program, "run", "--methods", "bicubic,espcn", "--no-timing", "--out", "run", cwd=folder)
    where = _call(python, "-c", "import srbench; print(srbench.__file__)", cwd=folder)
    if not where.startswith(str(place)):
        raise subprocess.CalledProcessError(1, ["import", "srbench"], where)


def _extras(python: Path, file: Path) -> None:
    _pip(python, f"superres-bench[{EXTRAS}] @ {file.resolve().as_uri()}")
    _pip(python, "--no-deps", *ALONE)


def _readme(python: Path) -> tuple[str, str]:
    """Return pytest's last line, and what failed, of the README's commands and pieces of Python."""
    tests = [str(ROOT / "tests/test_readme.py"), "-k", "test_commands or test_python"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", *tests]
    environment = {**_environment_variables(), "SRBENCH_PYTHON": str(python)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    last = done.stdout.strip().splitlines()[-1].strip("= ")
    return last, "the README's commands failed" if done.returncode else ""


def _pip(python: Path, *what: object) -> None:
    _call(python, *_INSTALL, "--constraint", ROOT / "constraints.txt", *what, cwd=python.parent)


def _call(*command: object, cwd: Path) -> str:
    """Run a command where no checkout is, and return what it prints."""
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=_environment_variables(),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    ).stdout


def _environment_variables() -> dict[str, str]:
    """Return those of this process without what would lead Python to other packages."""
    return {
        name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }


if __name__ == "__main__":
    sys.exit(main())
