"""The forms of a project's settings, one module per subject."""
