"""Lines that protect the bot, each with a broken version and the tests that must fail for it."""

from tests.faults.mutations_of_delivery import DELIVERY
from tests.faults.mutations_of_intake import INTAKE
from tests.faults.mutations_of_worker import WORKER

MUTATIONS = (*INTAKE, *DELIVERY, *WORKER)
