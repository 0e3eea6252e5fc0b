"""Machines: which runs, and which times, are of the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.content import Machine
from srbench.boards.names import digest, slug
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srbench.boards.submissions import Submission


class Identity(NamedTuple):
    """What tells machines apart; `node`, its name in its network, is not published."""

    processor: str
    cores: int | None
    gpus: tuple[str, ...]
    system: str
    node: str


class Machines:
    """The machines of all runs."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        """Find them."""
        every = [_identity(each.environment, _node(each)) for each in submissions if each.environment]
        self._known = list(dict.fromkeys(_resolved(each, every) for each in every))
        self._memory = dict(_memories(submissions, self._known))

    def of(self, submission: Submission) -> Machine | None:
        """Return the machine of a run; None where run.json has none, as that of runs of several machines."""
        if not submission.environment:
            return None
        return self._content(_resolved(_identity(submission.environment, _node(submission)), self._known))

    def timed(self, submission: Submission, node: str, processor: str) -> Machine:
        """Return the machine that was timed, as rows say: with `--time-on` not that of the run."""
        here = _identity(submission.environment, node)
        if here.processor and (", ".join(_words(here)) in processor or not processor):
            return self._content(_resolved(here, self._known))
        return self._content(Identity(processor or "an unknown machine", None, (), "", node))

    def _content(self, identity: Identity) -> Machine:
        alike = sorted((each for each in {*self._known, identity} if each[:-1] == identity[:-1]), key=digest)
        number = f" ({alike.index(identity) + 1})" if len(alike) > 1 else ""
        name = ", ".join([*identity.gpus, *_words(identity)]) + number
        own = f"{slug(name)}-{digest(identity)}"
        memory = self._memory.get(identity)
        return Machine(own, name, identity.processor, identity.cores, memory, identity.gpus, identity.system)


def _words(identity: Identity) -> list[str]:
    """Return the processor and its cores, as rows of times name them."""
    return [identity.processor, *([counted(identity.cores, "core")] if identity.cores else [])]


def _identity(environment: Mapping[str, Any], node: str) -> Identity:
    gpus = tuple(map(str, environment.get("cuda_devices") or ()))
    cores = environment.get("cores")
    return Identity(str(environment.get("processor", "")), cores, gpus, str(environment.get("system", "")), node)


def _node(submission: Submission) -> str:
    """Return the name of the machine that was timed, if it is one."""
    names = set(submission.tables.timings["machine"]) - {""}
    return str(names.pop()) if len(names) == 1 else ""


def _resolved(identity: Identity, known: Iterable[Identity]) -> Identity:
    """Return a machine whose name is not known as the one of which all else is equal, if that is one."""
    named = {each for each in known if each[:-1] == identity[:-1] and each.node}
    return named.pop() if not identity.node and len(named) == 1 else identity


def _memories(submissions: Sequence[Submission], known: Sequence[Identity]) -> Iterable[tuple[Identity, int]]:
    for each in submissions:
        if memory := each.environment.get("memory"):
            yield _resolved(_identity(each.environment, _node(each)), known), int(memory)
