"""The folder of a training: its plan, its history and its last checkpoint, so that a killed process loses little.

Every file appears whole or not at all. Checkpoints hold tensors and plain values; nothing else is unpickled.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
from contextlib import suppress
from dataclasses import asdict, replace
from typing import IO, TYPE_CHECKING, Any, Self

import torch

from srbench.atomic import replacing
from srbench.errors import RunFolderError
from srbench.networks.pickles import saved
from srbench.opening import read as read_file
from srbench.store.lock import hold
from srbench.training.plan import Moment, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from srbench.training.loop import State

PLAN = "training.json"
"""Written once the number of steps is known: a folder that holds it is a training's."""

CHECKPOINT = "checkpoint.pt"


class Folder:
    """A training's folder, locked until it is left.

    Attributes:
        plan: what is trained; of a continued training, what is stored.
        checkpoint: the state to continue from, or None.
        history: the moments so far.
        losses: those of the steps since the last moment.
        best: the weights with the best validation PSNR where a training may stop early, and that PSNR.

    """

    def __init__(self, path: Path, plan: Plan, *, resume: bool, writes: bool = True) -> None:
        """Create `path`, or continue what is in it.

        `writes` is False in all processes but one of those that train together; what is in the folder, it tells them.

        Raises:
            RunFolderError: it cannot be written, is in use, or holds something else than a training of this plan.

        """
        self.path, self.writes = path, writes
        self.history: list[Moment] = []
        self.best: dict[str, Any] = {}
        self.losses: list[torch.Tensor] = []
        self.checkpoint: dict[str, Any] | None = None
        self._lock = _locked(path) if writes else None
        try:
            continued = writes and resume and (path / PLAN).exists()  # a process may be stopped before there is a plan
            self.plan = self._continued(plan) if continued else self._begun(plan)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        """Return the folder."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the lock; a folder in which nothing was begun goes, too."""
        if self._lock:
            self._lock.close()
            with suppress(OSError):
                if not (self.path / PLAN).exists():
                    (self.path / ".lock").unlink()
                    self.path.rmdir()

    def settle(self, steps: int, made_of: Mapping[str, str]) -> Plan:
        """Store how many steps the training takes and what it is made of, once, and return the plan with both.

        Raises:
            RunFolderError: the training was begun with something else.

        """
        changed = [name for name, value in self.plan.made_of.items() if made_of[name] != value]
        if changed:
            what = f"{' and '.join(changed)} changed since it began"
            raise RunFolderError(f"{self.path} cannot be continued: {what}; choose another --out")
        self.plan = replace(self.plan, steps=steps, made_of=dict(made_of))
        if self.writes:
            self.write(PLAN, json.dumps(asdict(self.plan), indent=2, ensure_ascii=False) + "\n")
        return self.plan

    def restore(self, state: State) -> None:
        """Bring `state` to the checkpoint, if there is one.

        Raises:
            RunFolderError: it is one of another network.

        """
        try:
            if self.checkpoint:
                state.restore(self.checkpoint)
        except (RuntimeError, ValueError, LookupError) as error:
            raise self._not_continued(error) from error

    def note(self, moment: Moment, state: State) -> None:
        """Add a moment to the history; keep the weights if they are the best so far and the training may stop early."""
        self.history.append(moment)
        if self.plan.recipe.patience and not moment.psnr <= self.best.get("psnr", -1.0):
            weights = {name: value.clone() for name, value in state.mean.state_dict().items()}
            self.best = {"psnr": moment.psnr, "moment": len(self.history), "weights": weights}

    @property
    def out_of_patience(self) -> bool:
        """Return whether validation has not improved for `patience` moments."""
        patience = self.plan.recipe.patience
        return bool(patience) and len(self.history) - self.best.get("moment", 0) >= patience

    def save(self, state: State) -> None:
        """Put a checkpoint and the history on disk."""
        if self.writes:
            history = [list(each) for each in self.history]
            held = {**state.checkpoint(), "history": history, "losses": self.losses, "best": self.best}
            content = io.BytesIO()
            torch.save(held, content)
            self.write(CHECKPOINT, content.getvalue())
            self.write("history.csv", _table(self.history))

    def write(self, name: str, content: bytes | str) -> Path:
        """Replace a file of the folder in one step, and have it on disk."""
        path = self.path / name
        with replacing(path, durable=True) as partial:
            partial.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def _begun(self, plan: Plan) -> Plan:
        """Start a training where there is none."""
        there = (
            sorted(each.name for each in self.path.iterdir() if not each.name.startswith(".")) if self.writes else []
        )
        if PLAN in there:
            raise RunFolderError(f"{self.path} contains a training; continue it with --resume, or choose another --out")
        if there:
            raise RunFolderError(f"{self.path} is not empty and contains no training; choose another --out")
        return plan

    def _continued(self, plan: Plan) -> Plan:
        """Read what is there."""
        try:
            stored = Plan.from_json(json.loads(read_file(self.path / PLAN)))
            if (self.path / CHECKPOINT).exists():
                held = saved(self.path / CHECKPOINT)
                self.history, self.best = [Moment(*each) for each in held.pop("history")], held.pop("best")
                self.losses = held.pop("losses")
                self.checkpoint = held
        except (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise self._not_continued(error) from error
        differences = plan.differences(stored)
        if differences:
            what = "; ".join(differences)
            raise RunFolderError(
                f"{self.path} contains a training with different settings ({what}); "
                "repeat its command, or choose another --out"
            )
        return stored

    def _not_continued(self, error: Exception) -> RunFolderError:
        reason = " ".join(str(error).split())
        return RunFolderError(f"{self.path} cannot be continued: {reason}; choose another --out")


def _locked(path: Path) -> IO[str]:
    """Create the folder and hold its lock, which ends with this process."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"cannot write {path}: {error.strerror}; choose another --out") from error
    return hold(path / ".lock")


def _table(history: list[Moment]) -> str:
    """Return the history as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([Moment._fields, *history])
    return text.getvalue()
