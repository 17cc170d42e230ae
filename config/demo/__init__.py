"""The demo: the organization's own data and instructions, and what its people did in the weeks before."""
