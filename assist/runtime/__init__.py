"""The process that runs models, and its client."""
