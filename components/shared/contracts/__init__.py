"""The JSON files that one stage writes and others read, as types; their JSON Schemas are in docs/schemas."""
