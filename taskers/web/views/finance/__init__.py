"""Finance's own pages: what is owed, runs, people, bonuses, terms and years."""
