"""The operator's page: is everything well, and if not, what to do."""
