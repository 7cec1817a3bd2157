"""What a deployed function has logged."""
