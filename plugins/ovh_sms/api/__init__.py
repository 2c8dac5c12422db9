"""OVH's SMS API, typed. Only this package knows OVH's own names."""
