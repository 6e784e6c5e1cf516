"""Evidence in, pictures and statements out."""
