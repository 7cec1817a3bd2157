"""The files of a zip: dependencies as a finished layer, bytecode, and what is left out.

How a file gets smaller or stays out belongs here, with the reason and what it saves. Nothing here
imports the author's server; see `server`.
"""
