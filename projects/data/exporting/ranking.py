"""CSV: what the pairs of a project compare, ranked; one row per item, the strongest first."""

from collections.abc import Iterator

from projects.data.exporting import table
from projects.data.exporting.format import ExportFormat, one_file
from projects.data.exporting.source import Source
from projects.quality import rankings
from taskers.files.csv_cells import plain

COLUMNS = ("place", "item", "strength", "low", "high", "votes", "won", "lost", "tied", "group")


def lines(source: Source, split: str) -> Iterator[bytes]:
    """A heading and one line per item, from the newest estimate over all batches; the heading alone before any."""
    yield table.line(COLUMNS, first=True)
    found = rankings.newest(source.project)
    for one in rankings.items(found) if found else []:
        bounds = [f"{value:.4f}" for value in (one.strength, one.low, one.high)]
        yield table.line(
            [one.place, plain(one.item), *bounds, one.votes, one.won, one.lost, one.tied, plain(one.group)]
        )


FORMAT = ExportFormat(
    key="ranking",
    title="Ranking (CSV)",
    note="What the candidates came from, ranked by all votes, with intervals.",
    loses="All but the ranking.",
    task_types=("preference",),
    ending="-ranking.csv",
    media_type="text/csv",
    write=one_file(lines, "-ranking.csv"),
    whole=True,
)
