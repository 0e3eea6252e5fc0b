"""The machine and the software that a run's numbers come from."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from srbench.version import __version__

DECIDING = ("numpy", "opencv-python", "opencv-python-headless", "scipy", "pillow", "torch", "onnxruntime", "openvino")
"""Packages whose version can change a pixel or a score."""

PACKAGES = (*DECIDING, "scikit-image", "pandas", "pyarrow", "safetensors", "distributed")

_COMMIT = ("commit", "date", "subject")

PATIENCE = 20.0
"""Seconds that another program has to answer."""


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the installed version of each package that numbers depend on; absent ones are left out."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def deciding_versions() -> dict[str, str]:
    """Return the versions that are part of a row's key."""
    return {name: version for name, version in versions().items() if name in DECIDING}


def describe() -> dict[str, Any]:
    """Return the environment as JSON-ready values: system, processor, memory in bytes, devices, versions, commit."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": cores(),
        "memory": _memory(),
        "cuda_devices": cuda_devices(),
        "threads": {name: os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ},
        "versions": versions(),
        "srbench": __version__,
        "commit": _commit(),
    }


def processor(device: str) -> str:
    """Return what computes on `device`, in words: the processor and its cores, or the GPU and what serves it."""
    own = f"{_processor()}, {cores()} core{'s' if cores() > 1 else ''}"
    return f"{cuda_devices()[0]} beside {own}" if device == "cuda" and cuda_devices() else own


def machine() -> str:
    """Return the name of this machine in its network."""
    return platform.node()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def cuda_devices() -> list[str]:
    """Return the names of the CUDA devices that NVIDIA's driver reports, without importing torch.

    None where `CUDA_VISIBLE_DEVICES` hides them all.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}:
        return []
    return [line.strip() for line in _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _commit() -> str | None:
    """Return the git commit of the checkout srbench runs from, with `+` where tracked files were changed."""
    here = Path(__file__).parents[2]
    if not (here / ".git").exists():
        return None
    commit = _output("git", "-C", str(here), "rev-parse", "HEAD").strip()
    changed = _output("git", "-C", str(here), "status", "--porcelain", "--untracked-files=no").strip()
    return commit + ("+" if changed else "") if commit else None


def checkout(file: Path) -> dict[str, str]:
    """Return the git commit that tracks a file, with its `date` (ISO 8601) and `subject`; empty where none does.

    `commit` ends with `+` where tracked files of the checkout were changed.
    """
    git = ("git", "-C", str(file.parent))
    if not _output(*git, "ls-files", "--", file.name).strip():
        return {}
    found = _output(*git, "log", "-1", "--format=%H%n%cI%n%s").splitlines()
    if len(found) < len(_COMMIT):
        return {}
    facts = dict(zip(_COMMIT, found, strict=False))
    changed = _output(*git, "status", "--porcelain", "--untracked-files=no").strip()
    return {**facts, "commit": facts["commit"] + "+" * bool(changed)}


def _output(program: str, *arguments: str) -> str:
    """Return what a program prints, or nothing where it is absent, fails or does not answer."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        result = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 else ""
