"""``python -m ovh_sms``: the same as the command ``ovh-sms``."""

from __future__ import annotations

import sys

from ovh_sms.cli import main

sys.exit(main())
