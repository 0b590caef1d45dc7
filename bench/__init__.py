"""Benchmarks that anyone can run: `bash bench/run.sh`. Results are ratios within one run. The product imports nothing of this."""
