"""What a cycle over the API takes: now, and beside a commit of before."""
