"""The demo's own data: reports written for it, and the instructions of its two projects."""
