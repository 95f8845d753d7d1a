"""Dockerfile and compose.yaml, carried out step by step on overlays of this machine in place of images."""
