"""An OVH SMS API to rehearse against: real HTTP, real signatures, faults on demand, and the truth at the end."""
