"""Rows that the database itself refuses to change."""

import pgtrigger


def append_only(name: str) -> pgtrigger.Trigger:
    """A trigger that raises on UPDATE and DELETE: corrections are new rows (DESIGN rules 4 and 5)."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)
