"""The page on which a table that comes in is looked at, and its columns are chosen."""
