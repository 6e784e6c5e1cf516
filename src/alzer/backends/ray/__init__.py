"""What knows Ray: clusters that analyse what one machine can't."""
