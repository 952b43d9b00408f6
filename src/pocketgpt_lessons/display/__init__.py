"""What lessons show: figures, HTML, viewers, live pictures of a run, the pipeline's map."""
