"""OVH's SMS API, typed: the only place that knows OVH's own names."""
