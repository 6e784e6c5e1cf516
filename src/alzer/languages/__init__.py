"""What people read, in their languages."""
