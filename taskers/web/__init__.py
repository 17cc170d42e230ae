"""Pages of people, access and the admin."""
