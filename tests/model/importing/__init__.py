"""Tables that come in: what is read, what is refused, and the data made of them."""
