"""The program from Python: experiments of files, scripts and living modules, traced, trained, verified and shown.

Public under shorter names in `chainrule` itself, which imports this folder once one of them is asked for.
"""
