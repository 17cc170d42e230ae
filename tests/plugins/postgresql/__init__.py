"""The database of tests (base.py)."""
