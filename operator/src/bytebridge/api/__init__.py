"""The resource: models of a ScalableService, the single source of its CRD and reference."""
