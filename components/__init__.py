"""The stages of the pipeline, one folder each; `shared` holds what two of them use."""
