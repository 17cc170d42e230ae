"""Verbs that lead several rooms: submit and decide, the life of a batch, corrections, comments, voiding work."""
