"""Versions of models, and where each is deployed. The only writer of ModelVersion and Deployment."""
