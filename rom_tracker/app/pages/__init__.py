"""The pages of the app, a module each; every one has ``register(room)``, which gives it its path."""
