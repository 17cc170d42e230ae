"""What must be fast, measured. `python -m benchmarks [NAME...]` prints each benchmark's tables.

A benchmark is a module here that can be run alone: `python -m benchmarks.NAME` prints its own tables, and ends
non-zero only if it could not measure. One that needs tables in a database takes them from benchmarks.database.
Nothing here is a test: figures depend on the machine, so they are printed with it and never asserted.
"""
