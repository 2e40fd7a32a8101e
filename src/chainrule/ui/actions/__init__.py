"""The actions: a table for each menu, and what makes Qt's actions of them."""
