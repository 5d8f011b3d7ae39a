"""A decomposition plan carried out: the texts of the new modules and of what is left."""
