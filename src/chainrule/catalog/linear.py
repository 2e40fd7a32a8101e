"""The fully connected layer: its formula, and by the chain rule the gradients of all that it reads.

n counts samples, o the layer's units, and i the units of the layer below.
"""

from __future__ import annotations

from chainrule.formula.parse import read
from chainrule.formula.rule import Rule, pullback

X, WEIGHT, BIAS = "x", "w", "b"

WITH_BIAS = Rule(read("sum(i, w[o,i]*x[n,i]) + b[o]"), (X, WEIGHT, BIAS), ("n", "o"))
WITHOUT_BIAS = Rule(read("sum(i, w[o,i]*x[n,i])"), (X, WEIGHT), ("n", "o"))
INPUT_GRADIENT, WEIGHT_GRADIENT, BIAS_GRADIENT = (pullback(WITH_BIAS, name) for name in (X, WEIGHT, BIAS))
