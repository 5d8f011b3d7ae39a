"""How fast the tool is beside its peers, on trees that every installation has.

``python -m benchmarks.speed`` lays out the trees, runs everything side by side, several times, and
prints the tables of ``docs/speed.md``. It fetches nothing; ``pip install -e . --group benchmark``
does.
"""
