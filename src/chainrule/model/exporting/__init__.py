"""What of a document goes out into files of other programs: its history, and what it has learned."""
