"""Many invitations from a table: one line each, good lines go in, bad ones are named with their line."""

import csv
import io
from dataclasses import dataclass

from taskers.errors import Problem
from taskers.models import Invitation, Organization, Person
from taskers.people.invitations import BadInvitation, invite

MOST = 2000  # lines of one table
COLUMNS = ("email", "name", "role")


@dataclass(frozen=True)
class Line:
    """What became of one line: an invitation with its secret, or why there is none."""

    number: int  # of the file, from 1
    email: str
    invitation: Invitation | None = None
    secret: str = ""
    why: str = ""


def text_of(raw: bytes) -> str:
    """A table's bytes as text, with or without a byte order mark. Raises BadInvitation with the place of the fault."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise BadInvitation(
            "The file isn't UTF-8 text; save it as CSV in UTF-8.", code="wrong-encoding", place=f"line {line}"
        ) from None


def invite_all(organization: Organization, by: Person, text: str) -> list[Line]:
    """Invite everybody in a table of email, name and role; says for each line what became of it.

    A heading line is recognised by the word email and may put the columns in another order; without one they are
    email, name, role. An empty role means tasker. Raises BadInvitation when it isn't a table at all, or too long.
    """
    rows = _rows(text)
    columns: tuple[str, ...] = COLUMNS
    if rows and "email" in [cell.strip().lower() for cell in rows[0][1]]:
        columns = tuple(cell.strip().lower() for cell in rows.pop(0)[1])
    if not rows:
        raise BadInvitation("There is nobody in this table.", code="empty-file", place="line 1")
    seen: dict[tuple[str, str], int] = {}
    return [_line(organization, by, number, dict(zip(columns, row, strict=False)), seen) for number, row in rows]


def _rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, row))
            start = reader.line_num + 1
            if len(rows) > MOST:
                text = "Invite at most %(most)s people at a time."
                raise BadInvitation(text, code="too-long", place=f"line {start}", most=MOST)
    except csv.Error as fault:
        text = "This isn't a CSV table: %(fault)s."
        raise BadInvitation(text, code="not-csv", place=f"line {start}", fault=fault) from None
    return rows


def _line(
    organization: Organization, by: Person, number: int, cells: dict[str, str], seen: dict[tuple[str, str], int]
) -> Line:
    email = cells.get("email", "").strip().lower()
    role = cells.get("role", "").strip().lower().replace(" ", "_") or "tasker"
    if (email, role) in seen:
        return Line(number, email, why=f"The same as line {seen[email, role]}.")
    try:
        invitation, secret = invite(organization, by, email=email, name=cells.get("name", ""), role=role)
    except Problem as problem:
        return Line(number, email, why=problem.text)
    seen[email, role] = number
    return Line(number, email, invitation, secret)
