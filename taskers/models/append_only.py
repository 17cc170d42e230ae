"""Rows that the database itself refuses to change."""

import pgtrigger


def append_only(name: str) -> pgtrigger.Trigger:
    """A trigger that raises on UPDATE and DELETE: corrections are new rows (DESIGN rules 4 and 5)."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


def never_deleted(name: str) -> pgtrigger.Trigger:
    """A trigger that raises on DELETE: the row is what others rest on, and stays."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


def never_emptied(name: str) -> pgtrigger.Trigger:
    """The same for TRUNCATE, which asks no trigger of a row."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func="RAISE EXCEPTION 'the rows of % are never deleted', TG_TABLE_NAME;",
    )


def ends_once(name: str) -> pgtrigger.Trigger:
    """A trigger for rows that end: `ended_at` is set once, and to no moment that is still to come. Otherwise what ended
    long ago could answer again, or count as ended just now."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("ended_at"),
        func="""
            IF OLD.ended_at IS NULL AND NEW.ended_at <= clock_timestamp() THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'a row of % ends once, and not later than now', TG_TABLE_NAME;
        """,
    )


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
