"""PgBouncer: its configuration, its containers, and the objects of a pooler Deployment."""
