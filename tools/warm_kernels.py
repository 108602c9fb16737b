"""A pytest plugin: the notebooks' kernels are forked from one process that has imported TensorFlow.

To import it takes six seconds of a processor, and `make test` starts thirty kernels. Each is a
kernel of its own all the same: forked before any network was loaded, it runs ipykernel's own
program. Where a system cannot fork, kernels start as always. `pytest -p tools.warm_kernels`.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from importlib.metadata import EntryPoint

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

IMPORTED = "tools.warm_imports"


def pytest_configure(config):
    """Have kernels started by `Forked` from now on."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    factory = KernelProvisionerFactory.instance()
    place = EntryPoint("forked", f"{__name__}:Forked", KernelProvisionerFactory.GROUP_NAME)
    factory.provisioners[place.name] = place
    factory.default_provisioner_name = place.name


class Forked(LocalProvisioner):
    """Starts kernels as forks of a warm process; all else is as for any local kernel."""

    async def launch_kernel(self, cmd, **how):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([IMPORTED])
        self.process = Started(context.Process(target=run, args=(cmd, how["env"], how["cwd"])))
        self.pid, self.pgid = self.process.pid, None
        return self.connection_info


class Started:
    """A process of `multiprocessing` that answers as one of `subprocess`."""

    stdin = stdout = stderr = None

    def __init__(self, process):
        process.start()
        self.process, self.pid = process, process.pid
        self.terminate, self.kill = process.terminate, process.kill

    def poll(self):
        return self.process.exitcode

    def wait(self):
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)


def run(command, env, folder):
    """Be the kernel of a command, [python, "-m", module, *arguments]."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env, JPY_PARENT_PID=str(os.getppid()))  # with that process it ends
    os.chdir(folder)
    flag, module, *arguments = command[-4:]
    assert flag == "-m", command
    sys.argv, sys.path[0] = [module, *arguments], folder
    with open(os.devnull, "w") as nowhere:  # as nbval does with what a kernel says beside its cells
        os.dup2(nowhere.fileno(), 2)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
