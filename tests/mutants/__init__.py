"""One-line faults put into the package on purpose: each must be noticed by the tests that guard its line."""
