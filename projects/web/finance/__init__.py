"""Pages of finance that know of projects: an earning down to its answer, and what is paid unreviewed."""
