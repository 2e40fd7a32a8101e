"""Large data in files: numbers as .safetensors, and the ZIP that an experiment is then kept in."""
