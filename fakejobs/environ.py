"""Which variable and which file points which client at a fake.

| client | reads |
|---|---|
| scrapinghub (legacy and new) | SHUB_APIURL, SHUB_STORAGE, SHUB_JOBQ; SH_APIKEY, the new one SHUB_APIKEY too |
| shub | SHUB_APIKEY, SHUB_STORAGE, and for dash only the YAML file named by SHUB_GLOBAL_CONFIG |
| any client behind a proxy | NO_PROXY and no_proxy |
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from fakejobs.errors import UsageError

REAL_HOSTS = (
    "app.zyte.com",
    "app.scrapinghub.com",
    "dash.scrapinghub.com",
    "storage.zyte.com",
    "storage.scrapinghub.com",
    "jobq.zyte.com",
)
"""The names of the real service."""


def variables(url: str, key: str, shub_config: Path, present: Mapping[str, str], *, guarded: bool = False) -> dict[str, str]:
    """Return the variables that point every client at a fake.

    url: the fake's base. shub_config: the file that write_shub_config() wrote. present: the environment that they join;
    its proxy exceptions are kept. guarded: also keep proxies away from the real hosts, so that a guard sees the call.
    """
    host = url.partition("://")[2].rpartition(":")[0].strip("[]")
    exceptions = [*dict.fromkeys([host, "127.0.0.1", "localhost", *(REAL_HOSTS if guarded else ())])]
    proxies = {name: ",".join([*_exceptions(present), *exceptions]) for name in ("NO_PROXY", "no_proxy")}
    return {
        "SHUB_APIURL": f"{url}/api/",
        "SHUB_STORAGE": f"{url}/",
        "SHUB_JOBQ": f"{url}/",
        "SH_APIKEY": key,
        "SHUB_APIKEY": key,
        "SHUB_GLOBAL_CONFIG": str(shub_config),
        **proxies,
    }


def write_shub_config(path: Path, url: str, key: str) -> None:
    """Write the file in which shub finds its dash endpoint and key."""
    path.write_text(f"apikeys:\n  default: {key}\nendpoints:\n  default: {url}/api/\n", encoding="utf-8")


def _exceptions(present: Mapping[str, str]) -> list[str]:
    joined = ",".join(present.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    return [*dict.fromkeys(name.strip() for name in joined.split(",") if name.strip())]


def written(settings: Mapping[str, str], form: str) -> str | dict[str, str]:
    """Return variables as text to be read by a shell (`sh`), as lines NAME=value (`dotenv`), or as they are (`json`)."""
    if form == "json":
        return dict(settings)
    if form == "sh":
        return "".join(_exported(name, value) for name, value in settings.items())
    if form == "dotenv":
        return "".join(f"{name}={value}\n" for name, value in settings.items())
    raise UsageError(f"format={form!r} is not one of sh, json, dotenv")


def _exported(name: str, value: str) -> str:
    """Return a line for a shell; proxy exceptions join those that it has, under either name."""
    if name == "NO_PROXY":
        return f'export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}${{no_proxy:+$no_proxy,}}"{shlex.quote(value)}\n'
    if name == "no_proxy":
        return 'export no_proxy="$NO_PROXY"\n'
    return f"export {name}={shlex.quote(value)}\n"
