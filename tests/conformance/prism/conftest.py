"""Our command, in front of Prism, in front of the practice tenant."""

import json
import os
import subprocess

import pytest
from prism.front import Front


class Passcode:
    """Our command, as somebody runs it, with a home folder of its own."""

    def __init__(self, url, token, home):
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PASSCODE_HOME": str(home),
            "PASSCODE_CLOUD": "custom",
            "PASSCODE_GRAPH_URL": url,
            "PASSCODE_AUTHORITY_URL": url,
            "PASSCODE_ACCESS_TOKEN": token,
            "NO_PROXY": "127.0.0.1",
        }

    def __call__(self, *arguments, exit=0):
        """The answer; the command must end with the exit code, or with one of them."""
        done = subprocess.run(
            [os.environ["PASSCODE_BIN"], "--output", "json", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode not in (exit if isinstance(exit, tuple) else (exit,)):
            pytest.fail(f"{' '.join(arguments)}: exit {done.returncode}, {done.stderr}", pytrace=False)
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def front(tenant):
    front = Front(
        {"v1.0": os.environ["CONFORMANCE_PRISM_V1"], "beta": os.environ["CONFORMANCE_PRISM_BETA"]},
        tenant.http,
    )
    yield front
    front.close()


@pytest.fixture
def passcode(front, tenant, tmp_path, cache):
    # Compiling the component takes seconds; doing it once is enough.
    (tmp_path / "cache").symlink_to(cache)
    return Passcode(front.url, front.token(tenant.person()), tmp_path)
