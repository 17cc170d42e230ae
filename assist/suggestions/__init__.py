"""What is offered to people, and what became of it. The only writer of Suggestion."""
