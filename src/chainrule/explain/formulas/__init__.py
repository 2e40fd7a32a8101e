"""The formulas of single elements, for each kind of micro-step: symbols and numbers."""
