"""The paper's experiment on real images: train, prune step by step, and count multiplications, a method at a time.

python -m winograd_trace.experiment --help
"""
