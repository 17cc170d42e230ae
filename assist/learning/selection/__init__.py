"""Which tasks are labelled next: a model chooses in part, and a random stream is kept that judges models."""
