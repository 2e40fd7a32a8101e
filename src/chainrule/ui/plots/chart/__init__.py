"""What plots are made of: charts, axes, legends, and the card around them."""
