"""What a tasker works with: their pages, the studio, comments on their own work."""
