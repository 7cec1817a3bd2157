"""Measurements of this project that anybody can repeat; nothing here runs on Lambda."""
