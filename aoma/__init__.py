"""Operator tools of AOMA Mesh: its index, its database, ingestion."""
