"""How well the network does on the rows: its accuracy by iteration, and what it says of each row."""
