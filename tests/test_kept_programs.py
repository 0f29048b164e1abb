"""What JAX compiles is kept on disk, and nothing of JAX's is changed by that."""

import os

import pytest

import symnet
from symnet.computing import kept_programs

jax = pytest.importorskip("jax")
NAMES = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


def trained(units):
    net = symnet.mlp([1, units, 1], loss="squared_error")
    return symnet.fit(net, [[1], [2]], [[1], [0]], optimizer=symnet.sgd(0.01), steps=2, backend="jax")


def test_a_fit_leaves_its_program_and_the_settings_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path / "programs"))
    before = [getattr(jax.config, name) for name in NAMES]
    trained(5)
    assert [getattr(jax.config, name) for name in NAMES] == before
    assert len(list((tmp_path / "programs").iterdir())) == 1
    assert (tmp_path / "programs").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("named", ["", "off", "0"])
def test_it_can_be_switched_off(named, tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNET_CACHE", named)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept_programs.cache_folder() is None
    monkeypatch.delenv("SYMNET_CACHE")
    assert kept_programs.cache_folder() == tmp_path / "symnet" / "jax" or os.name == "nt"


def test_a_cache_of_the_users_own_is_theirs(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path / "ours"))
    monkeypatch.setattr(kept_programs, "cache_folder", lambda: pytest.fail("asked for ours"))
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    try:
        with kept_programs.kept_programs():
            assert jax.config.jax_compilation_cache_dir == str(tmp_path / "theirs")
    finally:
        jax.config.update("jax_compilation_cache_dir", None)


@pytest.mark.skipif(os.name == "nt", reason="no such rights")
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path, monkeypatch):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("SYMNET_CACHE", str(folder))
    assert kept_programs.cache_folder() is None


def test_of_very_many_programs_the_oldest_half_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_programs, "MOST_FILES", 10)
    monkeypatch.setenv("SYMNET_CACHE", str(tmp_path))
    for i in range(12):
        (tmp_path / f"{i:02}").write_bytes(b"")
        os.utime(tmp_path / f"{i:02}", (i, i))
    kept_programs.cache_folder()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{i:02}" for i in range(6, 12)]
