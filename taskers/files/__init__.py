"""Where an installation keeps what it keeps, and what is written for programs of others. No Django."""
