"""kopf handlers over a cache, and one decision loop for all services."""
