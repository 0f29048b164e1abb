"""What mypy --strict passes also runs."""

import typed_user


def test_a_users_script_runs(tmp_path, capsys):
    typed_user.main(tmp_path)
    assert (tmp_path / "relu-key.html").exists()
    assert "multiply-adds" in capsys.readouterr().out
