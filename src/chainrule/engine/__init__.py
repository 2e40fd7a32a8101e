"""The computation in torch: kernels, the write-once program, its trace, training and the referee."""
