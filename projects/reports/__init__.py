"""What pages and the API say about a project, its people and its answers. Reads, and read models kept from the outbox."""
