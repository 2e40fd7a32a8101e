"""The race: many runs of one experiment at once, as one batched program.

How runs are advanced together, each part in a module of its own:

1. Put together (`race`): runs that differ in nothing but learning rates, momenta and first parameters are a heat, of
   as many as fit into memory at once. Different optimizers are different heats, one after the other.
2. Know the numbers (`run_numbers`): counts, bias corrections and scheduled rates are computed first, on Python's
   numbers, once where all runs have the same ones, else run by run.
3. Batch (`batched_steps`, `products`): every other micro-step is computed for all runs by `torch.func.vmap`: from its
   kernel, or from its formula where that reads numbers that differ from run to run.
4. Run (`iteration`, `heat`): the batched steps are laid out, recorded and made quick by what does so for a single run:
   a plan's layout, recorder and backends. All values have an axis for the runs in front.
"""
