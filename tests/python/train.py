"""A small training with Accelerate: a seeded model and seeded data, the same loss on every run.

Each process prints `rank R of W` and rank 0 prints the loss of each epoch. `--fail RANK` makes that rank
raise after the first epoch; `--slow SECONDS` waits between epochs.
"""

import argparse
import os
import time

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--fail", type=int, default=None)
parser.add_argument("--slow", type=float, default=0.0)
arguments = parser.parse_args()

accelerator = Accelerator(cpu=True)
set_seed(7)
print(f"rank {accelerator.process_index} of {accelerator.num_processes}", flush=True)

inputs = torch.randn(256, 8)
targets = inputs @ torch.randn(8, 1) + 0.1 * torch.randn(256, 1)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), batch_size=16)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)

for epoch in range(arguments.epochs):
    total = torch.zeros(())
    for batch, wanted in loader:
        loss = torch.nn.functional.mse_loss(model(batch), wanted)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        total += loss.detach()
    mean = accelerator.reduce(total, reduction="mean").item() / len(loader)
    if accelerator.is_main_process:
        print(f"{{'loss': {mean:.8f}, 'epoch': {epoch + 1}}}", flush=True)
    if arguments.fail == int(os.environ.get("RANK", "0")):
        raise RuntimeError("broken on purpose")
    time.sleep(arguments.slow)

accelerator.end_training()
