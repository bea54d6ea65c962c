"""Settings: from the environment over a file, all faults at once, no side effects."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from yiwang.launch import keys
from yiwang.launch.configuration import Configuration, ConfigurationFault, load


def test_defaults_need_nothing(tmp_path: Path) -> None:
    found = load({})
    assert found.database_url is None
    assert found.data_dir == Path.cwd() / "var"
    assert found.address == "http://127.0.0.1:8460"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "yiwang.toml"
    file.write_text('port = 9001\nhost = "10.0.0.1"\npacks_dirs = ["/srv/packs"]\n', "utf-8")
    found = load({"YIWANG_CONFIGURATION": str(file), "YIWANG_PORT": "9002"})
    assert (found.host, found.port, found.packs_dirs) == ("10.0.0.1", 9002, (Path("/srv/packs"),))


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "yiwang.toml"
    file.write_text("prot = 9001\nweb_workers = 0\n", "utf-8")
    with pytest.raises(ConfigurationFault) as fault:
        load({"YIWANG_PORT": "many"}, file)
    for name in ("prot", "web_workers", "port"):
        assert name in str(fault.value)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match="nowhere.toml"):
        load({"YIWANG_CONFIGURATION": str(tmp_path / "nowhere.toml")})


def test_a_child_process_loads_the_same_settings(tmp_path: Path) -> None:
    parent = Configuration(
        data_dir=tmp_path,
        packs_dirs=(tmp_path / "a", tmp_path / "b"),
        allowed_hosts=("a.cn", "b.cn"),
        demo=True,
        port=9,
    )
    assert load(parent.as_environment()) == parent


def test_a_folder_made_by_demo_stays_a_demo_city(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    assert load({"YIWANG_DATA_DIR": str(tmp_path)}).demo


def test_importing_settings_and_loading_write_nothing(tmp_path: Path) -> None:
    script = (
        "import sys, yiwang.settings; from yiwang.launch.configuration import load; load();"
        "assert 'django' not in sys.modules, 'importing settings loads Django'"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_session_secret_is_made_once_and_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    secret = keys.secret_key(tmp_path)
    keys.ensure(tmp_path)
    assert keys.secret_key(tmp_path) == secret
    assert len(secret) > 60
    modes = {stat.S_IMODE(os.stat(path).st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
