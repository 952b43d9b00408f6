"""What lessons show: charts, HTML, viewers, a live dashboard, the pipeline's map."""
