"""Numbers by hand: what is typed in fields and tables, dragged there, and copied from them."""
