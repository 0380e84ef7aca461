"""Sources in files, and the answers of retrievals."""
