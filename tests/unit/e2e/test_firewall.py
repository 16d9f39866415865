from e2e.cluster.firewall import forward_policy, without_docker

MINE = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD {policy} [0:0]
:OUTPUT ACCEPT [0:0]
{docker_chains}-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
{docker_rules}-A FORWARD -i br-lan -j ACCEPT
COMMIT
*nat
:FORWARD ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
{nat}COMMIT
"""
BEFORE = MINE.format(policy="ACCEPT", docker_chains="", docker_rules="", nat="")
WITH_DOCKER = MINE.format(
    policy="DROP",
    docker_chains=":DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n:DOCKER-ISOLATION-STAGE-1 - [0:0]\n",
    docker_rules=(
        "-A FORWARD -j DOCKER-USER\n"
        "-A FORWARD -o docker0 -j DOCKER\n"
        "-A FORWARD -i br-8609f1bc68b2 ! -o br-8609f1bc68b2 -j ACCEPT\n"
        "-A DOCKER-USER -j RETURN\n"
    ),
    nat="-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n",
)


def test_the_rules_are_as_before_docker() -> None:
    assert without_docker(WITH_DOCKER, "ACCEPT") == BEFORE


def test_nothing_changes_without_docker() -> None:
    assert without_docker(BEFORE, "ACCEPT") == BEFORE


def test_the_policy_is_that_of_the_filter_table() -> None:
    assert forward_policy(WITH_DOCKER) == "DROP"
    assert forward_policy(BEFORE) == "ACCEPT"
    assert forward_policy("") == "ACCEPT"
