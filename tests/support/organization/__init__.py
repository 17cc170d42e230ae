"""The parts that the full organization is put together from (tests/support/full_organization.py)."""
