"""An experiment as a workbook whose cells compute: what stands where, and each cell's formula. Nothing is written here.

`spreadsheet` puts the pages together; `pages` are what is on them, `steps` the formulas of each kind of micro-step,
`cells` what one element of a formula reads.
"""
