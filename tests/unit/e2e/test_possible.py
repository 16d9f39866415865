"""Where the end-to-end tests can run."""

import pytest

from e2e.cluster.possible import Machine, obstacle

EVERYTHING = Machine(engine=True, stock_image=True, root=True, apt=True, go=True)
NOTHING = Machine(engine=False, stock_image=False, root=False, apt=False, go=False)


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (EVERYTHING, None),
        (Machine(engine=False, stock_image=False, root=True, apt=True, go=True), None),
        (Machine(engine=True, stock_image=True, root=False, apt=False, go=False), None),
        (NOTHING, "no Docker engine answers"),
        (Machine(engine=False, stock_image=False, root=True, apt=False, go=True), "no Docker"),
        (Machine(engine=True, stock_image=False, root=True, apt=True, go=False), "without Go no"),
        (
            Machine(engine=True, stock_image=False, root=False, apt=True, go=False),
            "without root and Go no",
        ),
    ],
)
def test_what_is_in_the_way(machine: Machine, why: str | None) -> None:
    found = obstacle(machine)
    assert (found is None) if why is None else (found is not None and why in found)
