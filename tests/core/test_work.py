import pytest

from core.work import Cancelled, resolve, run_inline, silent, within


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


def test_a_step_moves_the_whole_by_what_it_is_of_it():
    told = []
    step = within(lambda done, total, message, snapshot: told.append((done, total, message)), 2, 4)
    step(message="begun")
    step(1, 2, "half")
    step(2, 2)
    assert told == [(2.0, 4, "begun"), (2.5, 4, "half"), (3.0, 4, "")]
