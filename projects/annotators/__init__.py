"""Models as annotators of a project: their life, their answers and what became of them."""
