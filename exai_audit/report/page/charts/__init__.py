"""Charts as SVG: pure functions from data to markup.

All of them fill the width that they are given: places along it are percentages, so that text keeps
its size on a phone. Colours are classes of the style sheet (``tone-...``).
"""
