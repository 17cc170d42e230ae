"""Passwords, second steps, tokens, sealed secrets, and how often each may be tried."""
