"""The files that can be imported as tables, by their suffixes; it loads nothing, for the window asks at its start."""

TEXTS = (".csv", ".tsv", ".txt", ".tab", ".dat")
WORKBOOKS = (".xlsx", ".xlsm")
ARRAYS = (".npy", ".npz")
SUFFIXES = (*TEXTS, *WORKBOOKS, *ARRAYS)
