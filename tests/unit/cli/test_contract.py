"""`lianfang contract` prints what others rely on."""

import json

import pytest
import yaml
from click.testing import CliRunner

from connectors.cli.contract import command
from schemas.contract import asyncapi, json_schemas, published


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_it_prints_asyncapi_as_yaml_or_json():
    assert yaml.safe_load(run().stdout) == json.loads(json.dumps(asyncapi()))
    assert json.loads(run("--json").stdout) == json.loads(json.dumps(asyncapi()))


@pytest.mark.parametrize("name", ["goods.sold", "record.voided", "alert", "receipt"])
def test_it_prints_the_schema_of_one_message(name):
    assert json.loads(run("--type", name).stdout) == json.loads(json.dumps(json_schemas()[name]))


def test_it_writes_all_files_into_a_directory(tmp_path):
    result = run("--schemas", str(tmp_path / "new"))
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(published())


def test_an_unknown_type_or_a_place_that_can_not_be_written_is_unusable(tmp_path):
    (tmp_path / "file").write_text("")
    for result in (run("--type", "goods.lost"), run("--schemas", str(tmp_path / "file"))):
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr
