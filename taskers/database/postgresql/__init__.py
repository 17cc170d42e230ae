"""Django's PostgreSQL, which fails at once while the server is away (base.py)."""
