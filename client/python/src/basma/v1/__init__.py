"""The protocol's messages, generated from `proto/basma/v1` when the package is built."""
