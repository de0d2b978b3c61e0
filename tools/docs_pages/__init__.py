"""Pages of the documentation that are made from the code, so that they cannot say something else."""
