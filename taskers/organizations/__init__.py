"""Organizations: founding them, and the names of their projects."""
