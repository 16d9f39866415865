"""A classifier of legal clauses: text, features, training, inference."""
