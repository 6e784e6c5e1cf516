"""Reading files of involved formats in a process that can do nothing else."""
