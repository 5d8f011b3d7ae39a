"""Circles in a graph: what needs itself by way of others."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def circles(graph: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Return the strongly connected components, each sorted (Tarjan's way, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()  # what is on the stack
    found: list[tuple[int, ...]] = []
    for root in sorted(graph):
        work = [(root, iter(sorted(graph[root])))] if root not in index else []
        while work:
            node, targets = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            target = next((t for t in targets if t not in index or t in waiting), None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    found.append(tuple(sorted(stack[at:])))
                    waiting.difference_update(stack[at:])
                    del stack[at:]
            elif target in index:
                low[node] = min(low[node], index[target])
            else:
                work.append((target, iter(sorted(graph[target]))))
    return found
