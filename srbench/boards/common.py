"""What all parts of a board share: its runs, machines and times, and what its methods are called."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from srbench.boards.machines import Machines
from srbench.boards.names import ids
from srbench.boards.times import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.boards.submissions import Submission
    from srbench.boards.times import Time


class Common:
    """The runs of a board, the oldest first, and what follows from all of them."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        """Take the runs."""
        self.submissions = tuple(submissions)
        self.machines = Machines(submissions)

    @cached_property
    def times(self) -> list[Time]:
        """Return all times, the newest run's first."""
        return times(self.submissions, self.machines)

    @cached_property
    def methods(self) -> list[str]:
        """Return all methods, in the order of the runs."""
        every = (each for submission in self.submissions for each in methods_of(submission))
        return list(dict.fromkeys(every))

    @cached_property
    def method_ids(self) -> dict[str, str]:
        """Return the id of each method."""
        return ids(self.methods)

    @cached_property
    def shown(self) -> dict[str, str]:
        """Return what methods are shown as: their newest labels, and by their specs what would look alike."""
        labels: dict[str, str] = {}
        for each in self.submissions:
            labels |= {method: each.labels.get(method, method) for method in methods_of(each)}
        alike = Counter(labels.values())
        return {method: label if alike[label] == 1 else method for method, label in labels.items()}

    def newest(self, method: str) -> Submission:
        """Return the newest run of a method."""
        return next(each for each in reversed(self.submissions) if method in methods_of(each))


def methods_of(submission: Submission) -> list[str]:
    """Return the methods that a run has rows of."""
    named: list[Any] = [*submission.tables.summary["method"], *submission.tables.timings["method"]]
    return [str(each) for each in dict.fromkeys(named) if each]


def number(value: Any) -> float | None:  # noqa: ANN401 - pandas gives NA, NaN or a number
    """Return a number as content has it: None for NaN."""
    return None if value is None or value != value or str(value) == "<NA>" else float(value)  # noqa: PLR0124 - NaN


def whole(value: Any) -> int | None:  # noqa: ANN401 - as above
    """Return a whole number as content has it."""
    found = number(value)
    return None if found is None else int(found)
