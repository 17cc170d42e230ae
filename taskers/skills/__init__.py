"""Skills, and who holds them."""
