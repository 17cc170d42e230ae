"""What turns files into rows: a module for each format, which says of itself what it takes (`FORMAT`), and beside these
what several of them share. Pure: nothing here asks the database."""
