"""What is mounted on a host, and where its file systems are seen as a whole."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._system.mounts import Mount, parse_mounts

# As a host with an engine, a snap and a bind mount of a folder lists it.
TEXT = r"""26 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 26 8:17 /shop /srv/shop rw,relatime shared:2 - ext4 /dev/sdb1 rw
31 26 8:17 / /data rw,relatime shared:2 - ext4 /dev/sdb1 rw
32 26 7:1 / /snap/core/1 ro,nodev - squashfs /dev/loop1 ro
33 26 0:50 / /mnt/my\040disk rw - nfs4 nas:/x rw
34 26 8:33 / /var/tmp rw - ext4 /dev/sdc1 rw
35 34 0:51 / /var/tmp rw master:7 propagate_from:1 - tmpfs tmpfs rw
broken
"""


def test_what_is_seen_at_each_place():
    mounts = parse_mounts(TEXT.replace("\\\\", "\\"))
    assert [mount.place for mount in mounts] == ["/", "/data", "/snap/core/1", "/mnt/my disk", "/var/tmp", "/srv/shop"]
    assert Mount("/var/tmp", "tmpfs", "tmpfs", True) in mounts, "what is below a mount is not seen"
    assert Mount("/srv/shop", "ext4", "/dev/sdb1", False) in mounts
    assert parse_mounts("") == []
