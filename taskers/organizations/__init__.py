"""Organizations: creating them, and the names of their projects."""
