"""How a gradient came to be: the chain rule over the graph, each factor a formula, its derivative and its number."""
