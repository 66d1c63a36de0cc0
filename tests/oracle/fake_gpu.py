"""A GPU that is not there: tensors without data on `cuda:0`, and a ledger of the bytes they would take.

PyTorch runs a model on fake tensors exactly as on real ones, only without numbers, so every allocation that a
Python program can cause is seen. Not seen: what kernels allocate for themselves (flash attention's backward is
added by its formula), libraries, fragmentation. Tried with torch 2.11.0, with and without a CUDA build.
"""

import collections
import contextlib
import ctypes
import math
import mmap
import os
import weakref

import torch
import torch.nn.functional as functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten
BLOCK = 512  # PyTorch's CUDA allocator hands out multiples of this (c10/cuda/CUDACachingAllocator.h: kMinBlockSize)

# ---- the missing device ----------------------------------------------------------------------------------------

# Before backward, autograd asks the CUDA hooks whether the device has a context, which throws without a driver.
# The answer is slot 4 of the hooks' table in torch 2.11: two destructors, isBuilt, isAvailable, hasPrimaryContext.
HAS_CONTEXT_SLOT = 4
NO_CONTEXT = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_int8)(lambda hooks, device: False)


def answer_for_the_driver():
    torch_cpu = ctypes.CDLL(os.path.join(torch.__path__[0], "lib", "libtorch_cpu.so"))
    get_hooks = torch_cpu._ZN2at6detail12getCUDAHooksEv
    get_hooks.restype = ctypes.c_void_p
    table = ctypes.c_void_p.from_address(get_hooks()).value
    slot = table + HAS_CONTEXT_SLOT * ctypes.sizeof(ctypes.c_void_p)
    page = slot - slot % mmap.PAGESIZE
    readable_and_writable = 3
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), 2 * mmap.PAGESIZE, readable_and_writable):
        raise OSError("the table of CUDA hooks cannot be changed")
    ctypes.c_void_p.from_address(slot).value = ctypes.cast(NO_CONTEXT, ctypes.c_void_p).value


class Idle:
    """A stream or an event of a device that does nothing."""

    device, device_index, device_type, stream_id = torch.device("cuda:0"), 0, 1, 0

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def __eq__(self, other):
        return isinstance(other, Idle)

    def __hash__(self):
        return 0

    def record_event(self, event=None):
        return event or Idle()

    def query(self):
        return True

    def wait(self, *_, **__):
        return None

    record = synchronize = wait_event = wait_stream = wait


def pretend():
    """Makes this process believe in one GPU. Call once."""
    answer_for_the_driver()
    import torch.cuda.amp.common

    torch.cuda.amp.common.amp_definitely_not_available = lambda: False
    stream = Idle()
    for name, value in {
        "Stream": Idle,
        "Event": Idle,
        "current_stream": lambda *_: stream,
        "default_stream": lambda *_: stream,
        "stream": lambda _: contextlib.nullcontext(),
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "set_device": lambda _: None,
        "synchronize": lambda *_: None,
        "get_device_capability": lambda *_: (9, 0),
        "is_bf16_supported": lambda *_, **__: True,
        "is_current_stream_capturing": lambda: False,
    }.items():
        setattr(torch.cuda, name, value)
    torch.Event = Idle
    functional.scaled_dot_product_attention = attention
    torch._C._nn.scaled_dot_product_attention = attention


# ---- which attention kernel a GPU of capability 8 or newer would take -----------------------------------------

chosen_kernels = set()


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """PyTorch's order (aten/native/transformers/cuda/sdp_utils.cpp): flash, then memory-efficient, then math."""
    if torch.is_autocast_enabled("cuda"):
        lower = torch.get_autocast_dtype("cuda")
        query, key, value, attn_mask = (
            tensor.to(lower) if tensor is not None and tensor.is_floating_point() else tensor
            for tensor in (query, key, value, attn_mask)
        )
    heads, width = query.shape[-3], query.shape[-1]
    is_half = query.dtype in (torch.bfloat16, torch.float16)
    has_same_heads = heads == key.shape[-3] == value.shape[-3]
    with torch.autocast("cuda", enabled=False):
        if is_half and attn_mask is None and value.shape[-1] == width <= 256 and (has_same_heads or enable_gqa):
            return flash(query, key, value, dropout_p, is_causal, scale)
        if has_same_heads and width % (8 if is_half else 4) == 0:
            return memory_efficient(query, key, value, attn_mask, dropout_p, is_causal, scale)
        chosen_kernels.add("math")
        return aten._scaled_dot_product_attention_math(
            query, key, value, attn_mask, dropout_p, is_causal, None, scale=scale, enable_gqa=enable_gqa
        )[0]


def flash(query, key, value, dropout, is_causal, scale):
    chosen_kernels.add("flash")
    width = query.shape[-1]
    scale = 1 / math.sqrt(width) if scale is None else scale
    missing = -width % 8  # heads are padded to a multiple of 8
    if missing:
        query, key, value = (functional.pad(tensor, (0, missing)) for tensor in (query, key, value))
    result = aten._scaled_dot_product_flash_attention(query, key, value, dropout, is_causal, False, scale=scale)[0]
    return result[..., :width] if missing else result


def memory_efficient(query, key, value, mask, dropout, is_causal, scale):
    chosen_kernels.add("efficient")
    if mask is not None:
        mask = additive(mask, query)
    wants_gradient = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (query, key, value))
    return aten._scaled_dot_product_efficient_attention(
        query, key, value, mask, wants_gradient, dropout, is_causal, scale=scale
    )[0]


def additive(mask, query):
    """The mask as the kernel wants it: numbers to add, rows aligned to 16 bytes, one view for all heads."""
    if mask.dtype == torch.bool:
        mask = torch.zeros_like(mask, dtype=query.dtype).masked_fill_(mask.logical_not(), float("-inf"))
    columns = mask.shape[-1]
    missing = -columns % (16 // query.element_size())
    if missing:
        mask = functional.pad(mask, (0, missing))[..., :columns]
    return mask.expand(query.shape[0], query.shape[1], query.shape[2], columns)


def inside_kernel(operator, arguments):
    """Bytes that a kernel takes for itself while it runs, where known."""
    if operator is not aten._scaled_dot_product_flash_attention_backward.default:
        return 0
    query, key = arguments[1], arguments[2]
    batch, heads, length, width = query.shape
    key_heads, key_length = key.shape[1], key.shape[2]
    rows = -(-length // 128) * 128
    sums = batch * heads * rows * (-(-width // 32) * 32 + 1) * 4  # gradients of queries and softmax sums in fp32
    copies = 2 * batch * key_length * heads * width * query.element_size() if key_heads != heads else 0
    return sums + copies


# ---- the ledger ------------------------------------------------------------------------------------------------


class Ledger(TorchDispatchMode):
    """Counts every live block on the GPU, by purpose, and remembers the worst instant."""

    def __init__(self, vocabulary):
        super().__init__()
        self.vocabulary = vocabulary
        self.blocks = {}  # address of a storage -> [bytes, purpose, reference that tells when it dies]
        self.sums = collections.Counter()
        self.total = 0
        self.phase = "fwd"
        self.purpose = None  # of everything allocated now, where it is not told from the tensor
        self.parameters = set()
        self.forget_peak()

    def forget_peak(self):
        self.peak, self.worst = 0, {}

    def look(self, operator=None, more=0):
        if self.total + more > self.peak:
            held = self.sums + collections.Counter(temp=more)
            self.peak = self.total + more
            self.worst = {"phase": self.phase, "op": str(operator), "held": {name: n for name, n in held.items() if n}}

    def add(self, purpose, number):
        self.sums[purpose] += number
        self.total += number

    def note(self, tensor, purpose=None, operator=None):
        """Counts a tensor's storage, or counts it for another purpose."""
        tensor = getattr(tensor, "_local_tensor", tensor)
        if tensor.device.type != "cuda":
            return
        storage = tensor.untyped_storage()
        address, size = storage._cdata, -(-storage.nbytes() // BLOCK) * BLOCK
        block = self.blocks.get(address)
        if block is None:
            purpose = purpose or self.purpose or self.guess(tensor)
            dies = weakref.ref(storage, lambda _: self.release(address))
            self.blocks[address] = [size, purpose, dies]
            self.add(purpose, size)
        else:
            purpose = purpose or block[1]
            self.add(block[1], -block[0])
            self.add(purpose, size)
            block[:2] = size, purpose
        self.look(operator)

    def release(self, address):
        size, purpose, _ = self.blocks.pop(address)
        self.add(purpose, -size)
        self.parameters.discard(address)

    def guess(self, tensor):
        if self.vocabulary and tensor.dim() >= 2 and tensor.shape[-1] == self.vocabulary:
            return "logits"
        return {"fwd": "act", "bwd": "temp", "step": "step_temp"}[self.phase]

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if any(kind.__name__ == "DTensor" for kind in types):
            return NotImplemented
        result = operator(*args, **(kwargs or {}))
        is_cast = operator is aten._to_copy.default and args[0].untyped_storage()._cdata in self.parameters
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                is_new = tensor.untyped_storage()._cdata not in self.blocks
                self.note(tensor, "wcast" if is_cast and is_new else None, operator)
        more = inside_kernel(operator, args)
        if more:
            self.look(operator, more)
        return result

    @contextlib.contextmanager
    def counting(self, purpose):
        before, self.purpose = self.purpose, purpose
        try:
            yield
        finally:
            self.purpose = before

    @contextlib.contextmanager
    def resizes(self):
        """FSDP 1 frees and fills whole storages by resizing them, which is no operator."""
        plain = torch.UntypedStorage.resize_

        def resize(storage, size):
            plain(storage, size)
            block = self.blocks.get(storage._cdata)
            if block is not None:
                rounded = -(-size // BLOCK) * BLOCK
                self.add(block[1], rounded - block[0])
                block[0] = rounded
                self.look("resize_")

        torch.UntypedStorage.resize_ = resize
        try:
            yield
        finally:
            torch.UntypedStorage.resize_ = plain
