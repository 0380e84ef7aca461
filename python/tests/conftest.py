"""What all tests share: hypothesis draws the same examples each time where CI says so, and any number of others elsewhere."""

import os

import hypothesis

hypothesis.settings.register_profile("weft", deadline=None, database=None, derandomize="WEFT_SEEDS_FROM" in os.environ)
hypothesis.settings.load_profile("weft")
