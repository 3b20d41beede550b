"""The 13 features, the two models that read them, drift, and champion against challenger."""
