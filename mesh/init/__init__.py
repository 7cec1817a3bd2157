"""A new server: its folder, made of the template in `project/`. Deploying it is not here."""
