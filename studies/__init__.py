"""The shipped studies: models, study files and their tables."""
