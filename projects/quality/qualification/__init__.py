"""Qualification tests and what they teach."""
