"""Plans: programs compiled for training that nobody looks at, see `plan`."""

from chainrule.engine.plan.plan import LONGEST, Plan, Stretch

__all__ = ["LONGEST", "Plan", "Stretch"]
