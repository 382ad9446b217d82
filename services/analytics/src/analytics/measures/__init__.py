"""What is measured of a conversation: pure, versioned functions over its events."""
