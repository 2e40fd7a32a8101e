"""Plans: programs compiled for training that nobody looks at, see `plan`."""

from chainrule.engine.plan.memory import LONGEST
from chainrule.engine.plan.plan import WORTHWHILE, Plan, Stretch

__all__ = ["LONGEST", "WORTHWHILE", "Plan", "Stretch"]
