"""The page of runs: each with its provenance; the machines, datasets and protocols that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.pages import links
from srbench.boards.pages.index import when

if TYPE_CHECKING:
    from srbench.boards.content import Machine, Run
    from srbench.boards.pages.lookup import Lookup


class Card(NamedTuple):
    """What is known of a run, a machine or a dataset."""

    id: str
    name: str
    facts: list[tuple[str, str]]
    remarks: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def content(found: Lookup) -> dict[str, Any]:
    """Return what the template of the page of runs writes."""
    board = found.board
    return {
        "facts": [("Runs", f"{len(board.runs):,}"), ("Machines", f"{len(board.machines):,}")],
        "runs": [_run(found, run) for run in board.runs],
        "machines": [_machine(machine) for machine in board.machines],
        "datasets": [
            Card(each.id, each.name, [("Images", f"{each.images:,}"), ("Fingerprint", each.fingerprint)])
            for each in board.datasets
        ],
        "protocols": board.protocols,
    }


def _run(found: Lookup, run: Run) -> Card:
    machine = found.machine_of(run.id)
    facts = {
        "Status": run.status,
        "Started": when(run.started),
        "Ended": when(run.ended),
        "Machine": machine.name if machine else "",
        "srbench": run.srbench,
        "Commit": run.commit,
        "Libraries": ", ".join(f"{name} {version}" for name, version in run.libraries.items()),
        "Merged from": ", ".join(run.merged),
    }
    methods = tuple((found.marks[each].name, links.method(each)) for each in run.methods)
    return Card(run.id, run.folder, _known(facts), run.remarks, methods)


def _machine(machine: Machine) -> Card:
    memory = f"{machine.memory / 2**30:,.1f} GiB" if machine.memory else ""
    facts = {
        "Processor": machine.processor,
        "Cores": str(machine.cores or ""),
        "Memory": memory,
        "GPU": ", ".join(machine.gpus),
        "System": machine.system,
    }
    return Card(machine.id, machine.name, _known(facts))


def _known(facts: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, each) for name, each in facts.items() if each]
