"""Lists and reports in a bucket: paths whose files lie in an object storage. Who opens it comes from the skin."""
