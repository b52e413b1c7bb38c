"""Functions of torch on one thread, for bench/parts/elementwise.ts: what native code with the machine's own vectors takes.

python3 functions.py <rows,columns> <folder>

The folder holds the operands x.f32 and y.f32. A line "name calls" computes the function so many times into memory that is
there already, and is answered by a number of the result as JSON; the first line is the version, the threads and the BLAS.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

shape, folder = [int(n) for n in sys.argv[1].split(",")], Path(sys.argv[2])
torch.set_num_threads(1)
torch.set_grad_enabled(False)


def read(name):
    return torch.from_numpy(np.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(shape).copy())


x, y = read("x"), read("y")
out = torch.empty_like(x)

FUNCTIONS = {
    "add": lambda: torch.add(x, y, out=out),
    "mul": lambda: torch.mul(x, y, out=out),
    "exp": lambda: torch.exp(x, out=out),
    "log": lambda: torch.log(y, out=out),
    "tanh": lambda: torch.tanh(x, out=out),
    "sigmoid": lambda: torch.sigmoid(x, out=out),
    "erf": lambda: torch.erf(x, out=out),
    "gelu": lambda: F.gelu(x),
    "softmax of rows": lambda: torch.softmax(x, 1),
    "layer norm of rows": lambda: F.layer_norm(x, (shape[1],), eps=1e-5),
    "sum": lambda: x.sum(),
}

blas = sorted({Path(line.split()[-1]).name for line in open("/proc/self/maps") if "blas" in line.split()[-1]})
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "blas": blas}), flush=True)

for line in sys.stdin:
    name, calls = line.strip().rsplit(" ", 1)
    for _ in range(int(calls)):
        result = FUNCTIONS[name]()
    print(json.dumps({"value": float(result.reshape(-1)[0])}), flush=True)
