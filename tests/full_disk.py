"""A run whose files may not grow beyond a size, as on a disk that is full: started by test_full_disk.py."""

import json
import resource
import sys
from pathlib import Path

import numpy as np
from engine_studies import small

from mcsim.engine.run import RunFailed, run
from mcsim.study import Dim, Output

CELLS = 400
WIDE = Output("wide", "1", "many", (Dim("cell", tuple(range(CELLS))),))
DRAWS, CHUNK = 640, 64


def study():
    # Noise of the draw's own inputs, so that nothing of it could be packed.
    return small(
        lambda i, c: {"wide": np.sin(1e6 * i["x"][:, np.newaxis] * np.arange(1.0, CELLS + 1))}, outputs=(WIDE,)
    )


if __name__ == "__main__":
    folder, said = Path(sys.argv[1]), []
    largest = CHUNK * CELLS * 8  # bytes of a chunk, which fits in each limit
    for limit in (largest + 40_000, 3 * largest, 8 * largest):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            run(study(), DRAWS, out=folder, chunk=CHUNK, jobs=1, resume=folder.exists())
        except RunFailed as error:
            said.append(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run(study(), DRAWS, out=folder, chunk=CHUNK, jobs=1, resume=True)
    print(json.dumps(said))
