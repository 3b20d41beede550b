"""The data folder: made where it is missing, refused where it cannot be used, looked at by many processes at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from chocolate_factory.domain.errors import SettingsError
from chocolate_factory.wiring.house import usable


def test_it_is_made_where_it_is_missing_and_left_empty(tmp_path):
    folder = tmp_path / "far" / "away"
    assert usable(folder) == folder
    assert list(folder.iterdir()) == []


def test_many_that_look_at_once_do_not_get_in_each_others_way(tmp_path):
    """As the children of a service that is due to run several jobs."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(usable, [tmp_path] * 2000)) == {tmp_path}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a file", "a file/below"])
def test_what_is_no_folder_is_refused_by_its_name(tmp_path, name):
    (tmp_path / "a file").touch()
    with pytest.raises(SettingsError, match=r"DATA_DIR: .*a file"):
        usable(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_one_that_cannot_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="cannot be written"):
        usable(tmp_path)
