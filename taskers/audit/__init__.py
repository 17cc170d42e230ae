"""The audit trail: who did what, and from where."""
