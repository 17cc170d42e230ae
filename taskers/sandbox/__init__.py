"""Runs code that opens untrusted files in a process that can do nothing else (docs/operate.md, The sandbox).

Standard library only: a sandboxed process enters before it imports anything that starts a thread.
"""
