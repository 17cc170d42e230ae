"""What files say, read without a database: formats, their readers, rows, and the process in which they run."""
