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
from srbench.errors import RunFolderError, UsageError
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
WEIGHTS = "weights.safetensors"


class Folder:
    """A training's folder, locked until it is left.

    Attributes:
        plan: what is trained; of a continued training, what is stored.
        checkpoint: the state to continue from, or None.
        history: the moments so far.
        losses: those of the steps since the last moment.
        best: the weights with the best validation PSNR where a training may stop early, and that PSNR.

    """

    def __init__(
        self, path: Path, plan: Plan, *, resume: bool = False, extend: bool = False, writes: bool = True
    ) -> None:
        """Create `path`, or continue what is in it: with `resume` to its end, with `extend` beyond.

        A training that is to be extended has a plan of 0 steps, until `settle` says how many. `writes` is False in all
        processes but one of those that train together; what is in the folder, it tells them.

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
            there = writes and (path / PLAN).exists()  # a process may be stopped before there is a plan
            continued = there and (resume or extend)
            self.plan = self._continued(plan, extend=extend) if continued else self._begun(plan, extend=extend)
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
            on = f"to train on from its weights, give --from {self.path / WEIGHTS} and another --out"
            there = (self.path / WEIGHTS).exists()
            raise RunFolderError(f"{self.path} cannot be continued: {what}; {on if there else 'choose another --out'}")
        return self._store(replace(self.plan, steps=steps, made_of=dict(made_of)))

    def change_length(self, steps: int, step: int) -> Plan:
        """Store that the training takes `steps`, as is known after `step`, and return the plan that says so."""
        return self._store(self.plan.changed(step, steps))

    def _store(self, plan: Plan) -> Plan:
        self.plan = plan
        if self.writes:
            self.write(PLAN, json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n")
        return plan

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
        """Return whether validation has not improved for `patience` moments, since an extension at most."""
        patience, extended = self.plan.recipe.patience, max(self.plan.extended, default=0)
        before = sum(each.step <= extended for each in self.history)
        return bool(patience) and len(self.history) - max(self.best.get("moment", 0), before) >= patience

    @property
    def step(self) -> int:
        """Return the step of the checkpoint."""
        return self.checkpoint["step"] if self.checkpoint else 0

    @property
    def seconds(self) -> float:
        """Return how long the training took so far."""
        return self.history[-1].seconds if self.history else 0.0

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

    def _begun(self, plan: Plan, *, extend: bool) -> Plan:
        """Start a training where there is none."""
        if extend and self.writes:
            raise RunFolderError(f"{self.path} contains no training to extend; leave --extend out to begin one")
        there = (
            sorted(each.name for each in self.path.iterdir() if not each.name.startswith(".")) if self.writes else []
        )
        if PLAN in there:
            raise RunFolderError(
                f"{self.path} contains a training; continue it with --resume, a finished one with --extend, "
                "or choose another --out"
            )
        if there:
            raise RunFolderError(f"{self.path} is not empty and contains no training; choose another --out")
        return plan

    def _continued(self, plan: Plan, *, extend: bool) -> Plan:
        """Read what is there, and hold it to what is asked for; of an extension, return the plan."""
        stored = self._read()
        differences = plan.differences(stored.as_long_as(plan).computed_as(plan) if extend else stored)
        if differences:
            raise self._different(plan, stored, differences)
        return self._extended(plan, stored) if extend else stored

    def _different(self, plan: Plan, stored: Plan, differences: list[str]) -> RunFolderError:
        """Return the error for a plan that differs from the stored one, with what to do."""
        longer = stored.as_long_as(plan)
        if not plan.differences(longer):
            advice = f"add --extend to train it on to {plan.length} in all"
        elif not plan.differences(longer.computed_as(plan)):
            advice = (
                "device and threads may change when a finished training is extended, not before: repeat its command"
            )
        else:
            advice = "repeat its command"
        return RunFolderError(
            f"{self.path} contains a training with different settings ({'; '.join(differences)}); "
            f"{advice}, or choose another --out"
        )

    def _extended(self, plan: Plan, stored: Plan) -> Plan:
        """Return the plan of a finished training that is to be as long as `plan`; of an extension under way, its own.

        Raises:
            RunFolderError: it is as long already, or is not finished; or an extension under way was computed elsewhere.
            UsageError: it is longer already.

        """
        self.plan = stored
        finished = self.step >= stored.steps or self.out_of_patience
        moved, asked = plan != plan.computed_as(stored), bool(plan.differences(stored.computed_as(plan)))
        if finished and not asked:
            raise RunFolderError(f"{self.path} has been trained for {stored.length}; give more --epochs or --minutes")
        if not asked and moved:
            raise self._different(plan, stored, plan.differences(stored))
        if not asked:
            return stored
        if not finished:
            raise RunFolderError(
                f"{self.path} was stopped at step {self.step} of {stored.steps}; "
                f"finish its {stored.length} with --resume before you extend it"
            )
        if self.history and not self._adds(plan):
            raise adds_nothing(self, plan)
        longer = stored.as_long_as(plan).computed_as(plan).changed(self.step, 0)
        before = ((self.step, stored.device, stored.threads),) * moved
        return replace(longer, extended=(*stored.extended, self.step), computed=(*stored.computed, *before))

    def _adds(self, plan: Plan) -> bool:
        """Tell whether a plan is longer than the training was, before data are read and the speed is measured."""
        last = self.history[-1]
        if plan.minutes is not None:
            return plan.minutes * 60 > last.seconds
        return round(plan.recipe.epochs * last.step / last.epoch) > last.step

    def _read(self) -> Plan:
        """Return the plan that is there; its state and history are then this folder's."""
        try:
            stored = Plan.from_json(json.loads(read_file(self.path / PLAN)))
            if (self.path / CHECKPOINT).exists():
                held = saved(self.path / CHECKPOINT)
                self.history, self.best = [Moment(*each) for each in held.pop("history")], held.pop("best")
                self.losses = held.pop("losses")
                self.checkpoint = held | {"step": int(held["step"])}
        except (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise self._not_continued(error) from error
        return stored.continued_at(self.step)

    def _not_continued(self, error: Exception) -> RunFolderError:
        reason = " ".join(str(error).split())
        return RunFolderError(f"{self.path} cannot be continued: {reason}; choose another --out")


def adds_nothing(folder: Folder, plan: Plan) -> UsageError:
    """Return the error for an extension to a length that a training has had."""
    had = f"{folder.seconds / 60:.3g} minutes, {folder.history[-1].epoch:.4g} epochs"
    return UsageError(f"{folder.path} was trained for {had}; --extend to {plan.length} in all adds nothing: give more")


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
