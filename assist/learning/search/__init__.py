"""Searching for better settings of a recipe, on what may choose between models and never on what judges them."""
