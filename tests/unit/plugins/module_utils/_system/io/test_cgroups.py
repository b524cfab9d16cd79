"""The counters of a container from the files of its group, as both versions write them."""

from __future__ import annotations

import os

from ansible_collections.pafar.runbook.plugins.module_utils._system.io.cgroups import processes_in, read_usage

PRESSURE = "some avg10=40.00 avg60=1.00 avg300=0.00 total=9\nfull avg10=12.50 avg60=1.00 avg300=0.00 total=9\n"


def group(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return str(folder)


def test_file_pages_of_version_2_are_not_needed(tmp_path):
    stat = "anon 100\ninactive_file 300\nactive_file 400\nslab_reclaimable 50\nshmem 60\n"
    folder = group(tmp_path, memory__current="1000\n", memory__max="1100\n", memory__stat=stat,
                   memory__pressure=PRESSURE, cgroup__procs="7\n8\n",
                   memory__events="low 0\nhigh 0\nmax 40\noom 2\noom_kill 3\noom_group_kill 0\n")  # fmt: skip
    usage = read_usage({"": folder})
    assert usage is not None
    assert (usage.working_set, usage.needed, usage.limit, usage.stall) == (700, 250, 1100, 12.5)
    assert usage.files == 60
    assert (usage.oom_kills, usage.ooms) == (3, 2)
    assert processes_in({"": folder}) == [7, 8]


def test_file_pages_of_version_1_are_not_needed_and_stalls_are_not_counted(tmp_path):
    stat = "total_inactive_file 300\ntotal_active_file 400\ntotal_shmem 60\n"
    folder = group(tmp_path, memory__usage_in_bytes="1000\n", memory__limit_in_bytes="1100\n", memory__stat=stat,
                   cgroup__procs=f"{os.getpid()}\n")  # fmt: skip
    usage = read_usage({"memory": folder})
    assert usage is not None
    assert (usage.working_set, usage.needed, usage.stall) == (700, 300, None)
    assert usage.ooms is None
    assert usage.files == 60
    assert processes_in({"memory": folder}) == [os.getpid()]
    assert processes_in({"memory": folder + "/gone"}) == []
