"""The WSGI application that `yiwang serve` gives to Granian."""

from __future__ import annotations

import gc

from django.core.wsgi import get_wsgi_application

from yiwang.kernel.masking import cover_identity_numbers
from yiwang.launch.configuration import load
from yiwang.launch.logs import set_up_logs
from yiwang.launch.processes import SERVER, end_with_parent
from yiwang.settings import set_up

__all__ = ["application"]

configuration = load()
set_up_logs("web", level=configuration.log_level, form=configuration.log_format, cover=cover_identity_numbers)
end_with_parent(SERVER)
set_up(configuration)
application = get_wsgi_application()

# What is loaded now stays for good: the collector need not look at it again and again. Measured: a tenth of the processor time of a life.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
