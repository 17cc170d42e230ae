"""Rows that the database itself refuses to change."""

import pgtrigger


def append_only(name: str) -> pgtrigger.Trigger:
    """A trigger that raises on UPDATE and DELETE: corrections are new rows (DESIGN rules 4 and 5)."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


def kept_or_archived(name: str, archived: str, operation: pgtrigger.Operation | None = None) -> pgtrigger.Trigger:
    """The same, but a row may leave the table once the archive answers for it.

    `archived` is a condition in SQL about OLD; it must ask the archive's own tables, which name the file that holds
    the row. So nobody deletes by a setting or a role, and what isn't archived can't be deleted at all.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation or (pgtrigger.Update | pgtrigger.Delete),
        func=f"""
            IF TG_OP = 'DELETE' AND {archived} THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'append-only: % of a row of % that is not archived', TG_OP, TG_TABLE_NAME;
        """,
    )
