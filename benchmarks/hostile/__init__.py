"""Campaigns of hostile input, for as long as anyone likes; `python -m benchmarks.hostile --help`.

A campaign is a trial that is done again and again, each time with other dice: it raises where
something is not as promised. The seed that is printed makes the same trial from the same folders.
"""
