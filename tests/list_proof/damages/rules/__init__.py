"""Messages and rules of campaigns: each module enters what can go wrong with them into the table of damages."""
