"""What pages and the API say about a project, its people and its answers: reads only."""
