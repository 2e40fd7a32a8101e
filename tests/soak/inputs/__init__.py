"""Everything that can come in, spoiled by chance: only the documented error, in bounded time and memory."""
