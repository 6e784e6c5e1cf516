"""What makes answers, behind one protocol: in this process, or elsewhere."""
