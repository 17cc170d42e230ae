"""Cells of CSV files that people open in a spreadsheet, and that quote what strangers wrote."""

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how what a spreadsheet computes begins


def plain(text: str) -> str:
    """The text, led by an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text
