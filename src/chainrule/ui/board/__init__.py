"""The board at the right: the cards of its views, a view large over the stage, and views in windows of their own."""
