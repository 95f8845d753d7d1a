"""Benchmarks: `script/bench NAME`. Each runs ours and its rivals alternately and prints medians and ratios.

Everything they talk to listens on 127.0.0.1; databases and files lie in a folder that is removed at the end.
"""
