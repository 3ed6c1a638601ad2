"""The grammar of PowerShell, as others wrote it down, takes what `auth setup` prints for Graph PowerShell.

That is a syntax check: nothing binds parameters, and nobody runs the scripts.
"""

import os
import subprocess

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_powershell.language()))


def wrong(script):
    """The places that are no PowerShell."""

    def visit(node):
        if node.is_error or node.is_missing:
            yield node.start_point.row + 1
        for child in node.children:
            yield from visit(child)

    return list(visit(PARSER.parse(script).root_node))


def commands(script):
    """The names of the commands that a script calls."""

    def visit(node):
        if node.type == "command_name":
            yield node.text.decode()
        for child in node.children:
            yield from visit(child)

    return set(visit(PARSER.parse(script).root_node))


def printed(tmp_path, who, cloud):
    command = [os.environ["PASSCODE_BIN"], "auth", "setup", "--for", who, "--optional", "--format", "powershell"]
    if who == "github":
        command += ["--subject", "repo:contoso/it's:environment:production"]
    own = {"PASSCODE_HOME": str(tmp_path), "PASSCODE_CLOUD": cloud, "PATH": os.environ["PATH"]}
    return subprocess.run(command, env=own, check=True, capture_output=True).stdout


@pytest.mark.parametrize("cloud", ["global", "usgov", "dod", "china"])
@pytest.mark.parametrize("who", ["people", "app", "github", "aks", "managed-identity"])
def test_a_script_is_powershell(tmp_path, who, cloud):
    script = printed(tmp_path, who, cloud)
    assert wrong(script) == []
    called = commands(script)
    assert {"Connect-MgGraph", "Get-MgServicePrincipal", "New-MgApplication", "New-MgServicePrincipal"} <= called
    assert ("New-MgOauth2PermissionGrant" in called) == (who == "people")
    assert ("New-MgServicePrincipalAppRoleAssignment" in called) == (who != "people")
    trusts = who in ("github", "aks", "managed-identity")
    assert ("New-MgApplicationFederatedIdentityCredential" in called) == trusts


def test_what_is_no_powershell_is_seen(tmp_path):
    script = printed(tmp_path, "people", "global")
    for good, bad in [(b"@{", b"@["), (b"'Stop'", b"'Stop"), (b"param(", b"param{")]:
        assert good in script
        assert wrong(script.replace(good, bad, 1)) != [], bad
