"""Attacks on a web process, repeated: what it says, what it holds, and whether others are served meanwhile."""
