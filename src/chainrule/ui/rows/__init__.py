"""The view Rows: what the network says of each row of the data, the worst rows first."""
