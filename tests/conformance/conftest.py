"""What all checks share: the practice tenant, as it was at its start before each test."""

import pytest

from practice import Tenant


@pytest.fixture(scope="session")
def running():
    return Tenant()


@pytest.fixture
def tenant(running):
    running.begin_anew()
    return running


def pytest_unconfigure(config):
    """The closing line. Nothing that was collected may go uncounted, and nothing is as bad as a failure."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    count = {kind: len(reporter.stats.get(kind, ())) for kind in ("passed", "failed", "error", "skipped")}
    if count["skipped"]:
        print(f"{count['skipped']} skipped")
    print(f"{count['passed']} passed, {count['failed'] + count['error']} failed", flush=True)
