"""DAG factories: each makes the DAG of a file, or one of the DAGs that all campaigns share."""
