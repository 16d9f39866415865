"""One pure builder a kind of child object: a ScalableService in, a manifest out."""
