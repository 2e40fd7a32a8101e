"""An experiment with momentum, and its buffer."""

from __future__ import annotations

from chainrule.catalog.values import refs
from tests.experiments import article, sgd
from tests.session.acts import W1

MOMENTUM = article(optimizer=sgd(0.01, 0.9))
BUFFER = refs.optimizer_state(W1, "momentum_buffer")
