"""Real servers for tests and benchmarks, on free loopback ports.

`python -m servers run weed gcs -- command ...` (with `tests` on PYTHONPATH) runs a command with servers beside it.
"""
