"""Training steps of torch, for bench/parts/train.ts.

python3 steps.py <mlp|cnn> <threads> <batch size> <folder>

The folder holds raw little-endian numbers: x.f32, labels.i32 and the initial weights 0.f32, 1.f32, … in Keras's order
and layouts. For every line read from standard input, trains one epoch and prints its mean loss and the milliseconds
that it took as JSON; before the first, prints the version, the threads and the BLAS.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

work, threads, batch, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
torch.set_num_threads(threads)


def read(name, shape):
    return torch.from_numpy(np.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(shape).copy())


def dense(at, inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    layer.weight.data = read(at, (inputs, outputs)).T.contiguous()
    layer.bias.data = read(at + 1, (outputs,))
    return layer


def conv(at, inputs, outputs):
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    layer.weight.data = read(at, (3, 3, inputs, outputs)).permute(3, 2, 0, 1).contiguous()
    layer.bias.data = read(at + 1, (outputs,))
    return layer


def after_flattening(at, height, width, channels, outputs):
    """A dense layer on flattened images, whose channels come first here and last in Keras."""
    layer = nn.Linear(height * width * channels, outputs)
    kernel = read(at, (height, width, channels, outputs)).permute(2, 0, 1, 3)
    layer.weight.data = kernel.reshape(height * width * channels, outputs).T.contiguous()
    layer.bias.data = read(at + 1, (outputs,))
    return layer


if work == "mlp":
    model = nn.Sequential(dense(0, 784, 512), nn.ReLU(), dense(2, 512, 10))
    x = read("x", (-1, 784))
else:
    model = nn.Sequential(
        conv(0, 1, 32), nn.ReLU(), nn.MaxPool2d(2),
        conv(2, 32, 64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), after_flattening(4, 7, 7, 64, 128), nn.ReLU(), dense(6, 128, 10),
    )
    x = read("x", (-1, 1, 28, 28))

labels = torch.from_numpy(np.fromfile(folder / "labels.i32", dtype="<i4").astype(np.int64))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
loss_of = nn.CrossEntropyLoss()

# Products go to whatever BLAS the system has: the reference one is an order of magnitude slower than OpenBLAS.
blas = sorted({Path(line.split()[-1]).name for line in open("/proc/self/maps") if "blas" in line.split()[-1]})
hello = {"version": torch.__version__, "threads": torch.get_num_threads(), "blas": blas}
print(json.dumps(hello), flush=True)

for _ in sys.stdin:
    start = time.perf_counter()
    losses = []
    for i in range(0, len(x), batch):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x[i : i + batch]), labels[i : i + batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"loss": sum(losses) / len(losses), "ms": ms}), flush=True)
