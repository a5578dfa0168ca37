"""What the allocator keeps: arrays that come again find the memory of those that went, whichever thread made them."""

import platform
import subprocess
import sys
from textwrap import dedent

import pytest

SCRIPT = dedent(
    """
    import resource
    import sys
    import threading

    import numpy as np

    from mcsim.store.heap import keep_freed

    if sys.argv[1] == "kept":
        keep_freed()

    def fill():
        for _ in range(10):
            np.ones(1 << 21)  # 16 MiB

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        thread = threading.Thread(target=fill)
        thread.start()
        thread.join()
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    fill()
    print(faults())
    """
)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_threads_find_the_memory_that_others_freed():
    cleared = {
        word: int(
            subprocess.run([sys.executable, "-c", SCRIPT, word], capture_output=True, text=True, check=True).stdout
        )
        for word in ("kept", "as_ever")
    }
    assert cleared["as_ever"] > 10 * cleared["kept"]
