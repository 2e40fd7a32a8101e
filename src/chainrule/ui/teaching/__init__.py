"""Windows for those who teach: answers of a class, graded, and numbers of a book beside ours."""
