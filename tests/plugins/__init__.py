"""Pytest plugins of our own; tests/conftest.py loads them."""
