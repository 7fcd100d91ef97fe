"""Poses that photogrammetry programs export: Metashape, RealityCapture and RealityScan."""
