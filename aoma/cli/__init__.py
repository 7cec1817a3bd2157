"""AOMA's own commands of `mesh`."""
