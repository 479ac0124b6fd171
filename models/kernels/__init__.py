"""The fast twins of plain formulas on a CPU: tiles, fused backward passes, the products of experts. A reader may skip
them: each gives the numbers of the formula beside it, and a test compares the two.
"""
