"""ByteBridge, its peers after their documented algorithms, and the clairvoyant oracle."""
