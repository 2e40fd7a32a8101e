"""The tab Questions: what the experiment asks, with points and tolerances."""
