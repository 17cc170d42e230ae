"""What became of some rows of a load, counted."""

from dataclasses import dataclass, field

from projects.data.reading.rows import Fault


@dataclass
class Loaded:
    """What became of some rows: tasks made, rows that were there already, rows refused (the first of them kept)."""

    loaded: int = 0
    known: int = 0
    faults: list[Fault] = field(default_factory=list)
    read: int = 0
    first_task: int | None = None  # the key of the first task made
    refused: int = 0  # of `load_all`, with those beyond the faults that are kept
    ids: int = 0  # of the tasks made: those that the field `id` names
    unnamed: int = 0  # and those whose external id is made of their content
    columns: list[str] = field(default_factory=list)  # the fields of theirs that are kept as meta, as they came
    answered: int = 0  # answers that came with rows, and are kept
    losses: list[Fault] = field(default_factory=list)  # what rows said and couldn't be kept
    rejected: set[str] = field(default_factory=set)  # places of the rows of which `faults` are, as far as they are rows

    def reject(self, place: str, fault: Fault) -> None:
        """Note why the row at this place can't go in."""
        self.rejected.add(place)
        self.faults.append(fault)
