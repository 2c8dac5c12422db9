"""The services of docker-compose.yaml as processes of this machine, with their own commands and environment."""
