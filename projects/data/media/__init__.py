"""Media by content hash: stored, measured, collected."""
