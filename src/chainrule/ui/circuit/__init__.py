"""A formula on the stage: each operator a node, and the numbers on the wires between them."""
