"""The copilot's pages."""
