"""The machines of one job, as processes of this one: do they find each other?

Runs the real `accelerate launch` and torch's own rendezvous, with the address of this machine, one worker for
each machine and a few seconds of patience instead of torch's minutes. Nothing is pretended.
"""

import re
import subprocess
import sys

PATIENCE = 8
SCRIPT = "import os\nassert int(os.environ['WORLD_SIZE']) == 2\n"
LAUNCH = [sys.executable, "-m", "accelerate.commands.launch"]


def start(path, script, *more):
    here = ["--main_process_ip", "127.0.0.1", "--num_processes", "2", "--rdzv_conf", f"timeout={PATIENCE}"]
    command = [*LAUNCH, "--config_file", str(path), *here, *more, str(script)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def meet(path, rank, folder):
    """Two machines launch, one with the file as it is: null, or what the first one that fails says."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    machines = [start(path, script), start(path, script, "--machine_rank", "1" if rank == 0 else "0")]
    ends = []
    for machine in machines:
        try:
            ends.append((machine.communicate(timeout=10 * PATIENCE)[1], machine.returncode))
        except subprocess.TimeoutExpired:
            machine.kill()
            ends.append((machine.communicate()[0] or "", "never"))
    failed = [(text, code) for text, code in ends if code != 0]
    if not failed:
        return None
    text, code = failed[0]
    names = re.findall(r"^(?:\w+\.)*(\w+Error)\b", text or "", re.MULTILINE)
    return {"stage": "rendezvous", "error": names[-1] if names else str(code)}
