"""Real servers for tests and benchmarks, on free loopback ports.

`python -m servers run weed -- command ...` (with `tests` on PYTHONPATH) runs a command with a server beside it.
"""
