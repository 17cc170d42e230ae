"""The version, for the package's metadata and for what it tells servers."""

VERSION = "0.1.0"
