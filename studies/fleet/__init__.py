"""Study package; every TOML beside this file is a study."""
