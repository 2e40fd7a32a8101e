"""Plans: programs compiled for iterations whose micro-steps nobody looks at.

How a plan runs a program, each part in a module of its own:

1. Lay out (`layout`, `arena`): every value that lives on gets a place in one block of memory, the arena. Parameters
   with the same update lie side by side there, so that the update is computed once for all of them (`UpdateGroup`).
2. Know the scalars (`scalar_columns`): what depends on nothing but scalars, such as counts, bias corrections and
   scheduled rates, is computed first, for many iterations, on Python's numbers. What tensors meet of it are
   `varying_numbers`.
3. Record (`recording`, `recorded_calls`): every other micro-step is computed once while torch's operations are noted,
   and each operation becomes a call (`calls`) that writes where its result is wanted. Views are made once, equal
   operations are made once, and what never changes is not computed again.
4. Run (`backends`): the calls are compiled by TorchScript into a loop of iterations, captured as CUDA graphs, or
   replayed one by one; or the trace itself computes the iteration, for which nothing is recorded. All give the same
   numbers.
5. Go by chunks (`plan`): up to `LONGEST_CHUNK` iterations at a time. Those that are the same calls, for batches of the
   same size, with or without an update, are one range for the backend.
6. Hand out (`chunk`): a row is kept of each iteration, from which losses, gradients, states and rates are read; where
   there are too many numbers, the norms of gradients, and the last state alone.

Before a plan is used, one of its iterations is held against the trace's (`Plan.proven`).
"""

from chainrule.engine.plan.arena import LONGEST_CHUNK
from chainrule.engine.plan.chunk import Chunk
from chainrule.engine.plan.plan import FEWEST_ITERATIONS, Plan

__all__ = ["FEWEST_ITERATIONS", "LONGEST_CHUNK", "Chunk", "Plan"]
