"""What the model gets right, and how sure we are."""
