"""The model loop: what its acceptance tests ask, and what is reached."""
