"""Networks that are not the public internet (IANA's special-purpose registries, read 2026-11),
and where clouds keep the credentials of their machines (each cloud's own documentation)."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


METADATA = _networks(
    "169.254.169.254/32",  # AWS, Google, Azure, OpenStack, Huawei, Oracle, DigitalOcean
    "169.254.170.2/32",  # AWS ECS task credentials
    "169.254.170.23/32",  # AWS EKS pod identity
    "169.254.0.23/32",  # Tencent Cloud
    "169.254.42.42/32",  # Scaleway
    "100.100.100.200/32",  # Alibaba Cloud
    "100.96.0.96/32",  # Volcengine
    "168.63.129.16/32",  # Azure's wire server: a public address in form only
    "192.0.0.192/32",  # Oracle Cloud Classic
    "fd00:ec2::254/128",  # AWS
    "fd00:ec2::23/128",  # AWS EKS pod identity
    "fd20:ce::254/128",  # Google
    "fd00:42::42/128",  # Scaleway
    "fd00:c1::a9fe:a9fe/128",  # Oracle
)

# With the operator's consent. 198.18/15 is for benchmarks on paper, and what local proxies that
# answer DNS with made-up addresses hand out in practice.
PRIVATE_4 = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"
)
PRIVATE_6 = _networks("::1/128", "fc00::/7")

NEVER_4 = _networks(
    "0.0.0.0/8",  # this network
    "169.254.0.0/16",  # link-local
    "192.0.0.0/24",  # protocol assignments
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relays
    "192.175.48.0/24",  # AS112
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
)
# Tunnels (6to4, Teredo) end at an IPv4 address that somebody wrote into them; no server lives
# behind one any more, so they are refused whatever they carry. Outside 2000::/3 all is refused.
NEVER_6 = _networks(
    "2001::/23",  # protocol assignments, Teredo, ORCHID, benchmarks
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "2620:4f:8000::/48",  # AS112
    "3fff::/20",  # documentation
)
