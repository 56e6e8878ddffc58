"""What can be asked of the books."""
