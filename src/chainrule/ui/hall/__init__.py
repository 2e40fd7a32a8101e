"""The hall: the network and the equation on a projector, for the last row, and the lecturer's own screen beside it."""
