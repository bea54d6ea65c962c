"""What the platform is measured against: the same reads and writes in the fastest form we could write."""
