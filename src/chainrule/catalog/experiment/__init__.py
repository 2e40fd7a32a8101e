"""The experiment as data, and the checks that refuse what is not allowed."""
