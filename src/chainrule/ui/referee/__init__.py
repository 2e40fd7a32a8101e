"""What the referee says: its badge, and its report."""
