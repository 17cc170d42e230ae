"""Where data comes from. A new kind of place is one new file here and one line in its registry."""
