"""What a reviewer works with: waiting disagreements, audits, second looks."""
