"""What the values of an experiment are: names, roles, axes, owners, and what is carried on."""
