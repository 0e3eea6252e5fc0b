"""What whole commands survive: kill -9 at any time, a full or read-only disk, a second run in their folder."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench.cli import main
from srbench.quality.files import write_image

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = 12
METHODS = "nearest,slow"
SLOW = """
import time
def load(factor, device):
    def upscale(image):
        time.sleep(0.05)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with small images and a slow method."""
    (tmp_path / "pictures").mkdir()
    pixels = np.random.default_rng(7)
    for number in range(IMAGES):
        image = pixels.integers(0, 256, (40, 48, 3), dtype=np.uint8)
        write_image(tmp_path / "pictures" / f"{number:02}.png", image)
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    return tmp_path


def command(place: Path, out: Path) -> list[str]:
    """Return the command that scores the images into `out`."""
    options = [
        "--methods",
        METHODS,
        "--plugin",
        f"{place}/slow.py",
        "--datasets",
        f"{place}/pictures/",
        "--factor",
        "2",
    ]
    return [sys.executable, "-m", "srbench", "run", *options, "--no-timing", "--out", str(out)]


def done(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=100)


def rows(out: Path) -> int:
    """Return how many whole rows a folder holds."""
    file = out / "rows.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def verified(out: Path) -> int:
    """Return the exit code of `srbench results verify`."""
    with pytest.raises(SystemExit) as caught:
        main(["results", "verify", str(out)])
    return int(caught.value.code or 0)


@pytest.mark.slow
def test_killed_again_and_again(place: Path) -> None:
    """After kill -9 at any time, with a torn line as well, the tables are those of a run that was never stopped."""
    out, when = place / "run", random.Random(11)
    for _ in range(2):
        before = rows(out)
        with subprocess.Popen(command(place, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            while rows(out) < before + 3 and process.poll() is None:
                time.sleep(0.01)
            time.sleep(when.uniform(0, 0.05))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        with (out / "rows.jsonl").open("ab") as file:
            file.write(b'{"row": "score", "method": "sl' + b"\0" * 20)
    assert before + 3 <= rows(out) < 2 * IMAGES
    assert done(command(place, out)).returncode == 0
    assert rows(out) == 2 * IMAGES
    assert verified(out) == 0
    assert done(command(place, place / "whole")).returncode == 0
    for name in ("scores", "summary"):
        found, expected = (getattr(srbench.load(folder), name) for folder in (out, place / "whole"))
        pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_random_moments(place: Path) -> None:
    """A run that is killed at any moment, from its first line to its last, and resumed, has the tables of a whole one.

    `SRBENCH_KILLS` says how many runs to kill.
    """
    when = random.Random(4)
    assert done(command(place, place / "whole")).returncode == 0
    expected = [(place / "whole" / f"{name}.csv").read_bytes() for name in ("scores", "summary")]
    kept = []
    kills = int(os.environ.get("SRBENCH_KILLS", "3"))
    for number in range(kills):
        out = place / f"run{number}"
        with subprocess.Popen(command(place, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            while rows(out) < number * 2 * IMAGES // kills:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(0.05 * when.random())
            process.kill()
        kept.append(rows(out))
        assert done(command(place, out)).returncode == 0
        assert [(out / f"{name}.csv").read_bytes() for name in ("scores", "summary")] == expected
        shutil.rmtree(out)
    assert len(set(kept)) > 1  # at different rows


@pytest.mark.slow
def test_second_run_in_one_folder(place: Path) -> None:
    """It is refused with the pid of the first, which goes on to its end."""
    out = place / "run"
    with subprocess.Popen(command(place, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as first:
        while not rows(out):
            assert first.poll() is None
            time.sleep(0.01)
        first.send_signal(signal.SIGSTOP)  # it is slow, but not that slow
        second = done(command(place, out))
        assert first.poll() is None
        first.send_signal(signal.SIGCONT)
    assert second.returncode == 2
    assert second.stderr == f"srbench: {out} is in use by process {first.pid}; wait for it or choose another --out\n"
    assert first.returncode == 0
    assert rows(out) == 2 * IMAGES
    assert verified(out) == 0


FULL = """
import contextlib, subprocess, sys
from pathlib import Path
disk, command = Path(sys.argv[1]), sys.argv[2:]
for full in (True, False):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (disk / "run" / "rows.jsonl").read_bytes().splitlines(keepends=True)
    whole = all(line.endswith(b"}\\n") for line in lines)
    left = sorted(path.name for path in (disk / "run").glob("*.tmp"))
    print(done.returncode, len(lines), whole, left, done.stderr.strip() if full else "")
    (disk / "ballast").unlink(missing_ok=True)
from srbench.cli import main
with contextlib.redirect_stdout(None):
    try:
        main(["results", "verify", str(disk / "run")])
    except SystemExit as ended:
        print(ended.code or 0, file=sys.__stdout__)
"""


def unshared(mount: str, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where a mount holds that no other process sees, or skip."""
    inside = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or done([*inside, "mount", "--version"]).returncode:
        pytest.skip("mounts need unshare and user namespaces, which this system does not give")
    return done([*inside, "sh", "-ec", f'{mount}\nexec "$0" -c "$@"', sys.executable, script, *arguments])


@pytest.mark.slow
def test_full_disk(place: Path) -> None:
    """One line and exit code 2, with the rows so far; once there is room, the same command ends as if nothing was."""
    disk = place / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=128k none "{disk}"; head -c 112000 /dev/zero > "{disk}/ballast"'
    result = unshared(mount, FULL, str(disk), *command(place, disk / "run"))
    assert result.returncode == 0, result.stderr
    full, again, verdict = result.stdout.splitlines()
    code, kept, whole, left, error = full.split(" ", 4)
    assert (code, whole, left) == ("2", "True", "[]")
    assert 1 <= int(kept) < 2 * IMAGES
    assert error.startswith("srbench: cannot write ")
    assert "No space left on device" in error
    assert again.split() == ["0", str(2 * IMAGES), "True", "[]"]
    assert verdict == "0"


READ_ONLY = """
import contextlib, io, sys
from srbench.cli import main
out, *run = sys.argv[1:]
for command in (run[3:], ["results", "verify", out], ["report", out]):
    with contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            main(command)
        except SystemExit as ended:
            print(ended.code or 0, errors.getvalue().strip(), file=sys.__stdout__)
"""


@pytest.mark.slow
def test_read_only_disk(place: Path) -> None:
    """A run there is refused in one line; what is there already can be shown and verified."""
    out = place / "run"
    _, _, _, *arguments = command(place, out)
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert not caught.value.code
    mount = f'mount --bind "{out}" "{out}"; mount -o remount,bind,ro "{out}"'
    result = unshared(mount, READ_ONLY, str(out), *command(place, out))
    assert result.stdout.splitlines() == [
        f"2 srbench: cannot write {out}: Read-only file system; choose another --out",
        "0 ",
        "0 ",
    ], result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; test_read_only_disk is for root as well")
def test_folder_without_permission(place: Path) -> None:
    """A folder that this user may not write is one line."""
    (place / "closed").mkdir(mode=0o500)
    result = done(command(place, place / "closed" / "run"))
    assert result.returncode == 2
    assert "cannot write run folder" in result.stderr
