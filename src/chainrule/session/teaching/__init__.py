"""What a teacher does with the answers of a class, and with the numbers of a book."""
