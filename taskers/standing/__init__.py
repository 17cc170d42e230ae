"""Grades, and what they add up to. The only writer of Grade and Standing."""
