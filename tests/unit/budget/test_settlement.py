"""Who holds what, case by case."""

from unit.budget.build import after_rollouts, booked, claim, key, settled, sizes


def test_alone_it_has_what_there_is() -> None:
    # 40 replicas: 60 pods at the worst moment; 190 / 60 = 3.2
    assert sizes(settled(190, claim("a", 40))) == {"a": (3, 40)}


def test_never_more_than_is_useful() -> None:
    assert sizes(settled(5_000, claim("a", 4))) == {"a": (20, 4)}


def test_less_than_one_caps_the_replicas() -> None:
    # 59 pods are too few for 40 replicas: 39 need 39 + 10 + 10.
    assert sizes(settled(59, claim("a", 40))) == {"a": (1, 39)}


def test_less_than_one_replica_is_granted_nothing() -> None:
    assert sizes(settled(2, claim("a", 40))) == {}


def test_together_they_are_equal() -> None:
    assert sizes(settled(240, claim("a", 40), claim("b", 40))) == {"a": (2, 40), "b": (2, 40)}


def test_weights() -> None:
    found = settled(240, claim("a", 40, weight=3), claim("b", 40))
    assert sizes(found) == {"a": (3, 40), "b": (1, 40)}


def test_a_service_that_comes_takes_what_is_left() -> None:
    first = settled(120, claim("a", 4, most=10))
    both = settled(120, claim("a", 4, most=10), claim("b", 4, most=20), held=first)
    assert sizes(both) == {"a": (10, 4), "b": (10, 4)}
    assert not both.shrunk


def test_only_if_nothing_is_left_another_gives_back_and_then_one_at_a_time() -> None:
    a, b, c = claim("a", 8), claim("b", 8), claim("c", 8)  # 12 pods each
    two = settled(120, a, b)
    assert sizes(two) == {"a": (5, 8), "b": (5, 8)}
    three = settled(120, a, b, c, held=two)
    assert sizes(three) == {"a": (5, 8), "b": (3, 8)}  # 120 / 36 = 3.3: the oldest keeps more
    assert list(three.shrunk) == [key("b")]
    assert three.waiting == {key("c")}
    during = settled(120, a, b, c, held=three)
    assert (sizes(during), during.shrunk) == (sizes(three), {})
    after = settled(120, a, b, c, held=after_rollouts(three))
    assert sizes(after) == {"a": (5, 8), "b": (3, 8), "c": (2, 8)}
    assert settled(120, a, b, c, held=after).grants == after.grants


def test_who_was_there_keeps_one_connection_a_pool() -> None:
    a, b, c = claim("a", 8), claim("b", 8), claim("c", 8)
    two = settled(24, a, b)
    three = settled(24, a, b, c, held=two)
    assert sizes(three) == {"a": (1, 8), "b": (1, 8)}
    assert not three.waiting


def test_a_capped_service_rises_without_a_rollout_when_another_goes() -> None:
    a, b = claim("a", 8), claim("b", 8)
    both = settled(18, a, b)
    assert sizes(both) == {"a": (1, 8), "b": (1, 4)}
    alone = settled(18, b, held=both)
    assert sizes(alone) == {"b": (1, 8)}
    assert alone.grants[key("b")].releasing_pool_size == 0


def test_others_do_not_grow_when_one_goes() -> None:
    a, b = claim("a", 8), claim("b", 8)
    both = settled(120, a, b)
    assert sizes(settled(120, a, held=both)) == {"a": (5, 8)}


def test_a_changed_service_takes_its_fair_share() -> None:
    a, b = claim("a", 8), claim("b", 8)
    both = settled(120, a, b)
    alone = settled(120, a, held=both, reopened=frozenset({key("a")}))
    assert sizes(alone) == {"a": (10, 8)}


def test_while_old_pods_are_there_only_what_suffices_for_both_may_run() -> None:
    small = settled(120, claim("a", 8))
    large = settled(120, claim("a", 40), held=small, reopened=frozenset({key("a")}))
    grant = large.grants[key("a")]
    assert (grant.pool_size, grant.max_replicas, grant.ceiling) == (2, 40, 8)
    assert after_rollouts(large).grants[key("a")].ceiling == 40


def test_pools_do_not_grow_while_more_replicas_run_than_they_are_for() -> None:
    large = settled(120, claim("a", 40))
    busy = {key("a"): 30}
    small = settled(120, claim("a", 8), held=large, reopened=frozenset({key("a")}), present=busy)
    assert sizes(small) == {"a": (2, 8)}


def test_what_a_lowered_maximum_frees_is_free_when_the_pods_are_gone() -> None:
    large = settled(120, claim("a", 40, most=2))
    small = settled(120, claim("a", 8, most=2), held=large, reopened=frozenset({key("a")}))
    assert (sizes(small), booked(small)) == ({"a": (2, 8)}, 120)
    assert booked(after_rollouts(small)) == 24


def test_a_lowered_limit_shrinks_one_after_the_other() -> None:
    a, b = claim("a", 8), claim("b", 8)
    both = settled(120, a, b)
    lowered = settled(60, a, b, held=both)
    assert sizes(lowered) == {"a": (5, 8), "b": (2, 8)}
    then = settled(60, a, b, held=after_rollouts(lowered))
    assert booked(after_rollouts(then)) <= 60
