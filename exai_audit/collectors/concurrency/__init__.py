"""Pools, bridges between threads and loops, blocking calls, semaphores."""
