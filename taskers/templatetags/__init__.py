"""Template filters of people, trust and money."""
