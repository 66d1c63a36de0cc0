"""What DeepSpeed really holds: bytes per parameter and rank, for each setting of ZeRO, on its CPU accelerator.

Every tensor storage that PyTorch makes is followed from birth to death, so that peaks within forward,
backward and step are seen, and not only what is left between them. Run with deepspeed 0.19.8, torch 2.11.
"""
import gc
import json
import os
import sys
import weakref

os.environ["DS_ACCELERATOR"] = "cpu"
import torch
import torch.multiprocessing as mp
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

WIDTH, LAYERS = 512, 16
BUCKET = {"reduce_bucket_size": 1048576}

CASES = [
    {"name": "s0", "stage": 0},
    {"name": "s1", "stage": 1, "zero": BUCKET},
    {"name": "s2", "stage": 2, "zero": BUCKET},
    {"name": "s2 overlap", "stage": 2, "zero": {**BUCKET, "overlap_comm": True}},
    {"name": "s2 nofor", "stage": 2, "foreach": False, "zero": BUCKET},
    {"name": "s1 acc", "stage": 1, "steps": 2, "zero": BUCKET},
    {"name": "s2 acc", "stage": 2, "steps": 2, "zero": BUCKET},
    {"name": "s2 acc fp32", "stage": 2, "steps": 2, "zero": BUCKET,
     "top": {"data_types": {"grad_accum_dtype": "fp32"}}},
    {"name": "s3", "stage": 3, "zero": BUCKET},
    {"name": "s3 acc", "stage": 3, "steps": 2, "zero": BUCKET},
    {"name": "s3 live", "stage": 3, "zero": {**BUCKET, "stage3_max_live_parameters": 1048576,
                                             "stage3_max_reuse_distance": 1048576,
                                             "stage3_prefetch_bucket_size": 524288}},
    {"name": "s3 sub", "stage": 3, "zero": {**BUCKET, "sub_group_size": 524288}},
    {"name": "s2 fp32", "stage": 2, "precision": "fp32", "zero": BUCKET},
    {"name": "s3 fp32", "stage": 3, "precision": "fp32", "zero": BUCKET},
    {"name": "s2 w4", "stage": 2, "world": 4, "zero": BUCKET},
    {"name": "s3 w4", "stage": 3, "world": 4, "zero": BUCKET},
    {"name": "s1 overlap acc", "stage": 1, "steps": 2, "zero": {**BUCKET, "overlap_comm": True}},
    {"name": "s0 acc", "stage": 0, "steps": 2},
    {"name": "s3 big bucket", "stage": 3, "zero": {"reduce_bucket_size": 8388608}},
    {"name": "s2 small bucket", "stage": 2, "zero": {"reduce_bucket_size": 131072}},
    {"name": "s3 fp32 sums", "stage": 3, "zero": BUCKET, "top": {"data_types": {"grad_accum_dtype": "fp32"}}},
    {"name": "s3 reuse 2M", "stage": 3, "zero": {**BUCKET, "stage3_max_reuse_distance": 2097152,
                                                 "stage3_prefetch_bucket_size": 0}},
]


class Follow(TorchDispatchMode):
    """Adds up the bytes of all storages that are alive."""

    def __init__(self):
        super().__init__()
        self.live, self.bytes, self.peak = {}, 0, 0

    def meet(self, tensor):
        if not isinstance(tensor, torch.Tensor) or tensor.device.type != "cpu":
            return
        storage = tensor.untyped_storage()
        key = storage._cdata
        size = storage.nbytes()
        known = self.live.get(key)
        if known is not None:
            self.bytes += size - known[1]
            known[1] = size
        else:
            reference = weakref.ref(storage, lambda _, key=key: self.leave(key))
            self.live[key] = [reference, size]
            self.bytes += size
        self.peak = max(self.peak, self.bytes)

    def leave(self, key):
        gone = self.live.pop(key, None)
        if gone:
            self.bytes -= gone[1]

    def __torch_dispatch__(self, function, kinds, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            self.meet(leaf)
        return out


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x):
        return x + self.linear(x)


class Model(torch.nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = torch.nn.ModuleList(Block() for _ in range(layers))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x.float().square().mean()


def work(rank, world, case, queue, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), LOCAL_RANK=str(rank),
                      WORLD_SIZE=str(world), LOCAL_WORLD_SIZE=str(world))
    torch.set_num_threads(1)
    import deepspeed
    import deepspeed.comm.torch
    sys.modules["deepspeed.comm.torch"].build_shm_op = lambda: None
    import logging
    deepspeed.utils.logger.setLevel(logging.ERROR)
    deepspeed.init_distributed(dist_backend="gloo")
    steps = case.get("steps", 1)
    config = {"train_micro_batch_size_per_gpu": 1, "gradient_accumulation_steps": steps, "gradient_clipping": 1.0,
              "zero_allow_untested_optimizer": True, "steps_per_print": 10**9,
              "zero_force_ds_cpu_optimizer": False,
              "zero_optimization": {"stage": case["stage"], **case.get("zero", {})}, **case.get("top", {})}
    if case.get("precision", "bf16") == "bf16":
        config["bf16"] = {"enabled": True}
    follow = Follow()
    with follow:
        torch.manual_seed(0)
        model = Model(case.get("layers", LAYERS))
        optimizer = None
        if "optimizer" not in config:
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, foreach=case.get("foreach", True))
        numbers = sum(p.numel() for p in model.parameters())
        if case.get("precision", "bf16") == "fp32":
            dtype = torch.float32
        else:
            dtype = torch.bfloat16
        extra = {}
        if optimizer is None:
            extra["model_parameters"] = model.parameters()
        else:
            extra["optimizer"] = optimizer
        engine, *_ = deepspeed.initialize(model=model, config=config, **extra)
        del model, optimizer, extra
        gc.collect()
        marks = {}

        def mark(name):
            marks[name] = [round(follow.bytes / numbers, 3), round(follow.peak / numbers, 3)]
            follow.peak = follow.bytes

        mark("made")
        for turn in range(2):
            for micro in range(steps):
                x = torch.ones(1, WIDTH, dtype=dtype)
                loss = engine(x)
                mark(f"{turn} forward {micro}")
                engine.backward(loss)
                del loss, x
                mark(f"{turn} backward {micro}")
                engine.step()
                mark(f"{turn} step {micro}")
        gc.collect()
        mark("end")
    if rank == 0:
        queue.put({"numbers": numbers, "marks": marks})
    torch.distributed.barrier()
    os._exit(0)


def run(case, world, port):
    context = mp.get_context("spawn")
    queue = context.Queue()
    ranks = [context.Process(target=work, args=(rank, world, case, queue, port)) for rank in range(world)]
    [rank.start() for rank in ranks]
    try:
        return queue.get(timeout=240)
    except Exception as error:
        return {"error": repr(error)}
    finally:
        [rank.join(10) for rank in ranks]
        [rank.kill() for rank in ranks if rank.is_alive()]


if __name__ == "__main__":
    with open(sys.argv[1], "w") as out:
        for index, case in enumerate(CASES):
            answer = run(case, case.get("world", 2), 29700 + index)
            out.write(json.dumps({**case, **answer}) + "\n")
