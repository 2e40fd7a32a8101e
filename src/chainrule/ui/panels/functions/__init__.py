"""Loss, optimizer, scheduler and clipping, and what holds for some parameters."""
