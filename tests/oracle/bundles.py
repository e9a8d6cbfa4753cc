# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes VIBs with ar of the binutils and offline bundles with zipfile, in the form of the vendor's. What is in them is made up."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

MAP = (
    "regtype=native,bus=pci,id=808615f3..............,driver=igc-community\n"
    "regtype=native,bus=pci,id=................010802,driver=nvme_pcie\n"
    "regtype=native,bus=pci,id=15b3101d15b30016......,driver=nmlx5_core\n"
)


@dataclass
class VibSpec:
    """A VIB to be made."""

    name: str = "igc-community"
    version: str = "1.2.7.0-1vmw.700.1.0.15843807"
    vendor: str = "VMW"
    level: str = "certified"
    depends: Sequence[str] = ("vmkapi_2_6_0_0",)
    files: dict[str, str] = field(default_factory=lambda: {"etc/vmware/default.map.d/igc.map": MAP, "usr/lib/vmware/vmkmod/igc": "\x7fELF" + "x" * 5000})
    tags: Sequence[str] = ("driver", "module")
    platform: str = ""
    maintenance: bool = True
    live: bool = False
    signature: bytes = b"made up, not a signature"
    # What a forger would change.
    payload_kind: str = "vgz"
    payload_digest: str | None = None
    payload_data: bytes | None = None

    @property
    def identifier(self) -> str:
        """As bulletins name it."""
        return f"{self.vendor}_bootbank_{self.name}_{self.version}"

    @property
    def payload(self) -> str:
        """Names of payloads have eight characters."""
        return self.name.replace("-", "")[:8]


def archive(files: dict[str, str]) -> bytes:
    """A tar archive, which holds small files as they are, as ESXi's own form does."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            data = content.encode("latin-1")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def descriptor(spec: VibSpec, packed: bytes, plain: bytes, more: str = "") -> str:
    """The descriptor of a VIB; C(more) is what only the metadata of a bundle has."""
    constraints = "".join(_constraint(each) for each in spec.depends)
    platform = f'<softwarePlatform version="{spec.platform}" locale="" productLineID="embeddedEsx"/>' if spec.platform else ""
    digest = spec.payload_digest or hashlib.sha256(packed).hexdigest()
    return (
        f'<vib version="5.0"><type>bootbank</type><name>{spec.name}</name><version>{spec.version}</version><vendor>{spec.vendor}</vendor>'
        f"<summary>{spec.name}: made up</summary><description>Made for a test</description><release-date>2022-03-01T00:00:00+00:00</release-date>"
        f"<urls/><relationships><depends>{constraints}</depends><conflicts/><replaces/><provides/><compatibleWith/></relationships>"
        f"<software-tags>{''.join(f'<tag>{tag}</tag>' for tag in spec.tags)}</software-tags>"
        f"<system-requires><maintenance-mode>{_flag(spec.maintenance)}</maintenance-mode>{platform}</system-requires>"
        f"<file-list>{''.join(f'<file>{name}</file>' for name in spec.files)}</file-list>"
        f"<acceptance-level>{spec.level}</acceptance-level><live-install-allowed>{_flag(spec.live)}</live-install-allowed>"
        f"<live-remove-allowed>{_flag(spec.live)}</live-remove-allowed><cimom-restart>false</cimom-restart><stateless-ready>true</stateless-ready>"
        f'<overlay>false</overlay><payloads><payload name="{spec.payload}" type="{spec.payload_kind}" size="{len(packed)}">'
        f'<checksum checksum-type="sha-256">{digest}</checksum>'
        f'<checksum checksum-type="sha-256" verify-process="gunzip">{hashlib.sha256(plain).hexdigest()}</checksum>'
        f'<checksum checksum-type="sha-1" verify-process="gunzip">{hashlib.sha1(plain).hexdigest()}</checksum>'
        f"</payload></payloads>{more}</vib>"
    )


def _constraint(text: str) -> str:
    name, _blank, rest = text.partition(" ")
    relation, _blank, version = rest.partition(" ")
    escaped = relation.replace(">", "&gt;").replace("<", "&lt;")
    return f'<constraint name="{name}"' + (f' relation="{escaped}" version="{version}"' if rest else "") + "/>"


def _flag(value: bool) -> str:
    return str(value).lower()


def parts(spec: VibSpec) -> tuple[bytes, bytes]:
    """The payload, packed and plain."""
    plain = archive(spec.files)
    return (spec.payload_data if spec.payload_data is not None else gzip.compress(plain, mtime=0)), plain


def make_vib(folder: Path, spec: VibSpec, names: list[str] | None = None) -> Path:
    """A VIB, put together by ar."""
    work = folder / f"vib-{spec.identifier}"
    work.mkdir(parents=True, exist_ok=True)
    packed, plain = parts(spec)
    (work / "descriptor.xml").write_text(descriptor(spec, packed, plain), encoding="utf-8")
    (work / "sig.pkcs7").write_bytes(spec.signature)
    (work / spec.payload).write_bytes(packed)
    target = folder / f"{spec.identifier}.vib"
    target.unlink(missing_ok=True)
    subprocess.run(["ar", "rcD", str(target.resolve()), *(names or ["descriptor.xml", "sig.pkcs7", spec.payload])], cwd=work, check=True, capture_output=True)
    return target


def bulletin(spec: Sequence[VibSpec], component: str | None, version: str, platforms: Sequence[str]) -> str:
    """A bulletin; with a component's name it is one."""
    name = f'<componentNameSpec name="{component}" uiString="{component}, made up"/>' if component else ""
    number = f'<componentVersionSpec version="{version}" uiString="{version}"/>' if component else ""
    return (
        f"<bulletin><id>{component or 'bulletin'}_{version}</id><vendor>VMW</vendor><summary>Made up</summary><severity>general</severity>"
        "<category>enhancement</category><releaseType>extension</releaseType><description>Made up</description><kbUrl/><contact/>"
        "<releaseDate>2022-03-01T00:00:00+00:00</releaseDate><platforms>"
        + "".join(f'<softwarePlatform locale="" productLineID="embeddedEsx" version="{each}"/>' for each in platforms)
        + f"</platforms>{name}{number}<vibList>{''.join(f'<vibID>{each.identifier}</vibID>' for each in spec)}</vibList></bulletin>"
    )


def make_bundle(
    folder: Path,
    specs: Sequence[VibSpec],
    component: str | None = "VMware-igc-community",
    version: str = "1.2.7.0-1vmw.700.1.0.15843807",
    platforms: Sequence[str] = ("7.*",),
    name: str = "bundle.zip",
    wrong_digest: bool = False,
) -> Path:
    """An offline bundle."""
    metadata = io.BytesIO()
    text = bulletin(specs, component, version, platforms)
    vibs = [(spec, make_vib(folder, spec)) for spec in specs]
    with zipfile.ZipFile(metadata, "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("vendor-index.xml", _vendor_index(platforms))
        inner.writestr("vmware.xml", f"<metadataResponse><version>3.0</version><timestamp>2022-03-01T00:00:00+00:00</timestamp>{text}</metadataResponse>")
        inner.writestr(f"bulletins/{component or 'bulletin'}.xml", text)
        for spec, path in vibs:
            data = path.read_bytes()
            digest = "0" * 64 if wrong_digest else hashlib.sha256(data).hexdigest()
            more = (
                f"<relative-path>vib20/{spec.name}/{path.name}</relative-path><packed-size>{len(data)}</packed-size>"
                f'<checksum checksum-type="sha-256">{digest}</checksum>'
            )
            inner.writestr(f"vibs/{spec.identifier}.xml", descriptor(spec, *parts(spec), more))
    target = folder / name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as outer:
        outer.writestr(
            "index.xml",
            "<vendorList><vendor><name>VMware, Inc.</name><code>VMW</code><indexfile>vendor-index.xml</indexfile><patchUrl/>"
            "<relativePath/><content><name>VMware ESX</name><type>http://www.vmware.com/depotmanagement/esx</type></content></vendor></vendorList>",
        )
        outer.writestr("vendor-index.xml", _vendor_index(platforms))
        outer.writestr("metadata.zip", metadata.getvalue())
        for spec, path in vibs:
            outer.write(path, f"vib20/{spec.name}/{path.name}")
    return target


def _vendor_index(platforms: Sequence[str]) -> str:
    entries = "".join(
        f"<metadata><productId>embeddedEsx</productId><version>{each}</version><locale/><url>metadata.zip</url></metadata>" for each in platforms or ["7.*"]
    )
    return f"<metaList>{entries}</metaList>"
