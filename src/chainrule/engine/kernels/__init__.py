"""PyTorch's own code for entries of the catalogue, by their names: where it is faster or more stable than the formula.

What has none is computed from its formula, by `chainrule.engine.program.lowering`.
"""
