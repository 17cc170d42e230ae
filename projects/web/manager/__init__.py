"""The project manager's pages, one file per screen."""
