"""Networks of torch, for bench/parts/nn.ts.

python3 nn.py <cnn|lstm|transformer|vgg16> <threads> <batch size> <steps>

Weights and data are those of bench/nn/work.ts. For every line read from standard input does a round and prints its
milliseconds, its figure and the most memory that the process has held as JSON; before the first, prints the versions.
"""
import json
import os
import resource
import sys
import time
from pathlib import Path

# Its BLAS is to pick the kernels for the machine itself; threads that spin while they wait fight for the cores with
# whatever else runs.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_WAIT_POLICY"] = "passive"

import numpy as np
import torch
from torch import nn

work, threads, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)


def drawn(seed, shape, limit=1.0):
    h = np.arange(int(np.prod(shape)), dtype=np.uint32)
    h += np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    h >>= np.uint32(8)
    values = h.astype(np.float32)
    values /= np.float32(2**23)
    values -= np.float32(1)
    values *= np.float32(limit)
    return torch.from_numpy(values.reshape(shape))


def weight(at, shape):
    size = int(np.prod(shape))
    return drawn(at + 1, shape, 0.5 if len(shape) == 1 else (6 / (size / shape[-1])) ** 0.5)


def dense(at, inputs, outputs):
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
    layer.weight.data = weight(at, (inputs, outputs)).T.contiguous()
    layer.bias.data = weight(at + 1, (outputs,))
    return layer


def conv(at, inputs, outputs):
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    layer.weight.data = weight(at, (3, 3, inputs, outputs)).permute(3, 2, 0, 1).contiguous()
    layer.bias.data = weight(at + 1, (outputs,))
    return layer


def after_flattening(at, size, channels, outputs):
    """A dense layer on flattened images, whose channels come first here and last in Keras."""
    layer = nn.utils.skip_init(nn.Linear, size * size * channels, outputs)
    kernel = weight(at, (size * size * channels, outputs)).reshape(size, size, channels, outputs)
    layer.weight.data = kernel.permute(3, 2, 0, 1).reshape(outputs, -1).contiguous()
    layer.bias.data = weight(at + 1, (outputs,))
    return layer


def cnn():
    return nn.Sequential(
        conv(0, 1, 32), nn.ReLU(), nn.MaxPool2d(2),
        conv(2, 32, 64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), after_flattening(4, 7, 64, 128), nn.ReLU(), dense(6, 128, 10),
    )


class Lstm(nn.Module):
    """The last step of an LSTM with one bias, as Keras has it: torch's second one stays zero."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.lstm.weight_ih_l0.data = weight(0, (64, 512)).T.contiguous()
        self.lstm.weight_hh_l0.data = weight(1, (128, 512)).T.contiguous()
        self.lstm.bias_ih_l0.data = weight(2, (512,))
        self.lstm.bias_hh_l0.data.zero_()
        self.lstm.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def transformer():
    block = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True)
    attention = block.self_attn
    kernels = [weight(at, (128, 4, 32)).reshape(128, 128).T for at in (0, 2, 4)]
    attention.in_proj_weight.data = torch.cat(kernels).contiguous()
    # Keras's biases of heads have two axes.
    attention.in_proj_bias.data = torch.cat([weight(at, (4, 32)).reshape(128) for at in (1, 3, 5)])
    attention.out_proj.weight.data = weight(6, (4, 32, 128)).reshape(128, 128).T.contiguous()
    attention.out_proj.bias.data = weight(7, (128,))
    for norm, at in ((block.norm1, 8), (block.norm2, 10)):
        norm.weight.data, norm.bias.data = weight(at, (128,)), weight(at + 1, (128,))
    block.linear1, block.linear2 = dense(12, 128, 512), dense(14, 512, 128)
    return block


def vgg16():
    layers, at, channels = [], 0, 3
    for filters, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [conv(at, channels, filters), nn.ReLU()]
            at, channels = at + 2, filters
        layers.append(nn.MaxPool2d(2))
    head = [nn.Flatten(), after_flattening(at, 7, 512, 4096), nn.ReLU()]
    return nn.Sequential(*layers, *head, dense(at + 2, 4096, 4096), nn.ReLU(), dense(at + 4, 4096, 1000))


SHAPES = {"cnn": (28, 28, 1), "lstm": (50, 64), "transformer": (64, 128), "vgg16": (224, 224, 3)}
TARGETS = {"lstm": (128,), "transformer": (64, 128)}

samples = batch * steps
model = {"cnn": cnn, "lstm": Lstm, "transformer": transformer, "vgg16": vgg16}[work]()
x = drawn(1001, (samples, *SHAPES[work]))
if x.dim() == 4:
    x = x.permute(0, 3, 1, 2).contiguous()
if work in TARGETS:
    y, loss_of = drawn(1002, (samples, *TARGETS[work])), nn.MSELoss()
else:
    y, loss_of = torch.arange(samples) * 7 % 10, nn.CrossEntropyLoss()


def predict():
    with torch.inference_mode():
        return torch.log_softmax(model(x), -1)[0, 0].item()


if work == "vgg16":
    model.eval()
    run = predict
else:
    model.train()
    wanted = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(wanted, lr=1e-3)
    done = 0

    def run():
        global done
        losses = []
        for i in range(0, samples, batch):
            # Keras adds epsilon before it corrects the bias of the squares, torch after.
            done += 1
            optimizer.param_groups[0]["eps"] = 1e-7 / (1 - 0.999**done) ** 0.5
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(x[i : i + batch]), y[i : i + batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)


# Products go to whatever BLAS the system has: the reference one is an order of magnitude slower than OpenBLAS.
blas = sorted({Path(line.split()[-1]).name for line in open("/proc/self/maps") if "blas" in line.split()[-1]})
if not any("openblas" in name for name in blas):
    sys.exit("without a fast BLAS it is no measure; install it with: apt-get install libopenblas0-openmp")
print(json.dumps({"versions": {"torch": torch.__version__}}), flush=True)

for _ in sys.stdin:
    start, usage = time.perf_counter(), time.process_time()
    value = run()
    ms, cpu = (time.perf_counter() - start) * 1000, (time.process_time() - usage) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": ms, "cpuMs": cpu, "value": value, "peakMiB": peak}), flush=True)
