"""Pages of projects and the studio: each view translates and makes one call into a verb."""
