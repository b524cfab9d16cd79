"""Two workers of eight threads; the queue in front of them is short, so that a jam does not outlive its cause."""

bind = "0.0.0.0:8000"
workers = 2
worker_class = "gthread"
threads = 8
worker_connections = 32
backlog = 64
timeout = 900  # a worker that spins must outlive a look at it on a busy machine: its sessions end with it
graceful_timeout = 5
worker_tmp_dir = "/dev/shm"
pidfile = "/tmp/gunicorn.pid"
accesslog = "-"
errorlog = "-"


def post_fork(server, worker):
    """Where the container's memory is used up the kernel kills a worker: with the arbiter the container would end."""
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")
