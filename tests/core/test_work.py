import pytest

from core.work import Cancelled, resolve, run_inline, silent


def test_work_is_found_by_name_and_gets_a_report():
    assert resolve("core.work:silent") is silent
    assert run_inline("core.catalogue:describe", {})["devices"][-1] == "cpu"


def test_an_inline_report_may_stop_the_work():
    def stop(done=0.0, total=0.0, message="", snapshot=None):
        raise Cancelled

    with pytest.raises(Cancelled):
        run_inline("core.catalogue:describe", {}, stop)


def test_unknown_work_raises():
    with pytest.raises(ModuleNotFoundError):
        resolve("core.no_such_module:thing")
    with pytest.raises(AttributeError):
        resolve("core.work:no_such_function")
