# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of scripts: found and hidden however a script has them, and what is none is shown."""

from __future__ import annotations

import time

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import secrets, shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide, secret_spans

S = "S3cret9x"
# What runs on a host at its first start, and how people write it. {} is the secret.
SCRIPTS = (
    "esxcli iscsi adapter auth chap set -A vmhba64 -N user -S {} -l required -D uni",
    "esxcli iscsi adapter target portal auth chap set -A vmhba64 --secret={}",
    "esxcli iscsi adapter auth chap set \\\n  --authname user \\\n  --secret '{} x'",
    "/usr/lib/vmware/likewise/bin/domainjoin-cli join --ou OU=hosts example.org admin {}",
    "domainjoin-cli join example.org admin '{}'; echo done",
    "echo {} | domainjoin-cli join example.org admin",
    "printf '{}\\n{}\\n' | passwd root",
    "(echo {}; echo {}) | passwd",
    "echo root:{} | /bin/chpasswd",
    'echo -e "{}\\n{}" | passwd --stdin',
    "passwd root <<EOF\n{}\n{}\nEOF\necho ok",
    "cat <<-'X' | chpasswd\n\troot:{}\n\tX\necho ok",
    "passwd --stdin root <<< {}",
    "chpasswd <<< 'root:{}'",
    "yes {} | passwd root",
    "echo {}|sudo -S ls",
    "ROOT_PW={}",
    "export ESX_PW='{}'",
    "ROOTPASS={}",
    "MY_SECRET={}",
    "API_KEY={}",
    "DB_PASSPHRASE={}",
    "password1={}",
    "PW=ab'{}'",
    'PW="{}',
    "MY_PW1={}",
    'echo \'{{"password": "{}"}}\' > /x',
    "token = '{}'",
    "auth_token: '{}'",
    'x.password = "{}"',
    "esxcli system snmp set --communities={}",
    "esxcli system snmp set -e true -c {}",
    "esxcli network ip ipsec sa add -k {} -n x",
    "esxcli --server h --username root --password {} system uuid get",
    "esxcli system account set -i root -p \\\n{}",
    "curl -u root:{} https://h/",
    "curl -H 'Authorization: Bearer {}' h",
    "sshpass -p {} ssh h",
    "openssl passwd -6 {}",
    "HASH=$(openssl passwd -1 -salt x {})",
    "wget --http-password={} http://h/x",
    "openssl pkcs12 -passin pass:{}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\nabc\n-----END RSA PRIVATE KEY-----",
    "mount -t cifs -o user=x,password={} //h/s /m",
    "rootpw {}",
    "domainjoin-cli --loglevel debug join example.org admin {}",
    "domainjoin-cli --logfile . join example.org admin {}",
    "curl --user root:{} h",
    "curl --proxy-user=p:{} h",
    "curl -H 'X-Auth-Token: {}' h",
    "curl -H X-Api-Key:{} h",
    "openssl enc -aes-256-cbc -k {} -in a",
    "esxcli system snmp hash --auth-hash {} --priv-hash=/x -r",
    "esxcli system snmp hash -r -A {} -X {}",
    "esxcli system snmp set --users u/{}/{}/priv",
    "esxcli system snmp set -e yes -t 192.0.2.1@161/{}",
    "esxcli system snmp set --targets=192.0.2.1@161/{}",
    "ipmitool -I lanplus -U admin -P {} power on",
    "racadm -r 192.0.2.1 -u root -p {} getversion",
    "AWS_SECRET_ACCESS_KEY={}",
    ": ${{PW:={}}}",
    "PW+={}",
    "PW=${{PW:-{}}}",
    "(\n  echo {}\n  echo {}\n) | passwd root",
    "{{\n  echo {}\n  echo {}\n}} | passwd --stdin root",
    'expect "*?assword:" {{ send "{}\\r" }}',
    'expect "Password:"\nsend -- "{}\\r"',
    "child.expect('assword:')\nchild.sendline('{}')",
    "cat <<EOF > /x.yml\nuser: root\npassword: {}\nEOF",
    "cat <<EOF > /x.yml\nusers:\n  - root_pw: {}\nEOF",
)
PLAIN = (
    "esxcli software acceptance set --level=CommunitySupported",
    "esxcli software vib remove -n nvme-community -f",
    "PWD=/root; cd $OLDPWD",
    "bypass=1",
    "esxcli system snmp set --enable true",
    "cat <<EOF > /etc/x\nhello\nEOF",
    'esxcli system account set -i root -p "$PW"',
    "keys='a b'",
    "PASS=$(cat /x)",
    "vim-cmd hostsvc/enable_ssh",
    "esxcli system security fips140 ssh set --enable=true",
    "wget -O /etc/ssh/keys-root/authorized_keys http://h/key",
    "echo 'ssh-rsa AAAAB3 root@x' > /etc/ssh/keys-root/authorized_keys",
    "esxcli storage nmp satp rule add -s VMW_SATP_ALUA -V PURE -P VMW_PSP_RR",
    "esxcli system settings advanced set -o /Security/PasswordQualityControl -s 'retry=3 min=disabled'",
    "echo done | tee log",
    "passwd=$1",
    "read -p 'Password: ' answer",
    'echo "password: "',
    "echo 'token: '; echo 'x'",
    "PW=${1:-$2}",
    "PW=${PW:-}",
    "curl --user $U:$P h",
    "esxcli system snmp set --users $USERS",
    "esxcli system snmp set --v3targets 192.0.2.1/u/priv/trap",
    '(\n  echo "$PW"\n) | passwd',
    "(\n  echo a\n) | tee /x",
    "useradd --user x",
    "x-forwarded-for: 192.0.2.1",
    "esxcli system snmp get",
    'echo "$PW" | passwd',
    "domainjoin-cli query",
    'domainjoin-cli join example.org admin "$PW"',
    "esxcli iscsi adapter auth chap get -A vmhba64",
    'expect "continue?"\nsend "yes\\r"',
    'expect "assword:" { send "$pw\\r" }',
    "password: null",
    "password: $PW",
    "password: |",
    "password: true # later",
    "child.expect('assword:')\nchild.sendline(pw)",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_found_and_hidden(script: str) -> None:
    """In a diff, as a finding of its line, and for the list of what Ansible hides everywhere. The lines stay as many as they were."""
    body = script.format(*[S] * 2)
    document = parse(f"%post\necho a\n{body}\necho b\n".encode())
    assert S not in shown(document) and shown(document).count("\n") == body.count("\n") + 4 and shown(document).endswith("echo b\n")
    first = 3 + body[: body.index(S)].count("\n")
    assert first in [each.line for each in lint(document) if each.rule == "script-secret"] and S not in repr(lint(document))
    assert any(S in each for each in secrets(document))


def test_a_licence_key() -> None:
    """Of the vendor's form, wherever it stands."""
    key = "AB1CD-EF2GH-IJ3KL-MN4OP-QR5ST"
    assert key not in hide(f"vim-cmd vimsvc/license --set={key}") and key not in hide(f"# {key}.")
    assert hide("uuid AB1CD-EF2GH-IJ3KL-MN4OP-QR5ST-UV6WX") == "uuid AB1CD-EF2GH-IJ3KL-MN4OP-QR5ST-UV6WX"


@pytest.mark.parametrize("script", PLAIN)
def test_what_is_none_is_shown(script: str) -> None:
    """And stops no script from being written."""
    assert hide(script) == script
    assert not [each for each in lint(parse(f"%post\n{script}\n".encode())) if each.rule == "script-secret"]


UNITS = (
    "echo ",
    "rootpw ",
    "PW=",
    "PW='",
    'PW="',
    "a -S ",
    "-",
    "account set -p ",
    "chap set ",
    "domainjoin-cli join ",
    "| passwd ",
    "echo a| passwd ",
    "passwd<<<a ",
    "passwd <<EOF\n",
    "<<EOF\n",
    "openssl passwd ",
    "$6$",
    "://a:",
    "://a:a@",
    "curl -u ",
    "--password ",
    "password",
    "AAAAA-",
    "-----BEGIN PRIVATE KEY-----",
    "\\\n",
    "--a-password-",
    "authorization: ",
    "x-",
    "x-token:",
    "x-a-",
    "--user a:",
    "-user ",
    "snmp hash -A",
    "snmp set -t a/",
    "domainjoin-cli --a b ",
    ")|passwd\n",
    "(\n)|passwd\n",
    "(\necho a\n",
    "PW:-",
    "openssl enc -k",
    "passwd <<E\n\n",
    "sudo -S",
    "assword",
    "assword\n",
    "assword send ",
    "assword\nsend '",
    "pw: ",
    "\npw: a",
)


@pytest.mark.parametrize("unit", UNITS)
def test_in_linear_time(unit: str) -> None:
    """16 times the text takes 16 times the time and not 256 times, with room for a machine that does other things, too."""

    def seconds(size: int) -> float:
        text, started = unit * (size // len(unit)), time.process_time()
        secret_spans(text)
        return time.process_time() - started

    small, large = (min(seconds(size) for _time in range(2)) for size in (1 << 13, 1 << 17))
    assert large < 80 * max(small, 0.005), unit
