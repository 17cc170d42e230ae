"""What follows one request through web, runtime and jobs: its id, and its trace."""
