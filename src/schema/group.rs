//! The pages of form, wizard and reference.

/// A page of the form and of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Environment, distribution, precision, processes.
    Basics,
    /// Several machines and their network.
    Machines,
    /// torch.compile.
    Dynamo,
    /// Fully sharded data parallel.
    Fsdp,
    /// DeepSpeed ZeRO.
    DeepSpeed,
    /// Megatron-LM.
    Megatron,
    /// Sizes of the device mesh.
    Parallelism,
    /// 8-bit floating point.
    Fp8,
    /// TPU machines and pods.
    Tpu,
    /// MPI for CPU training.
    Mpi,
    /// Amazon SageMaker.
    SageMaker,
}

impl Group {
    /// All pages in their order.
    pub const ALL: [Group; 11] = [
        Group::Basics,
        Group::Machines,
        Group::Dynamo,
        Group::Fsdp,
        Group::DeepSpeed,
        Group::Megatron,
        Group::Parallelism,
        Group::Fp8,
        Group::Tpu,
        Group::Mpi,
        Group::SageMaker,
    ];

    /// The page's title.
    pub fn title(self) -> &'static str {
        match self {
            Group::Basics => "Basics",
            Group::Machines => "Machines",
            Group::Dynamo => "torch.compile",
            Group::Fsdp => "FSDP",
            Group::DeepSpeed => "DeepSpeed",
            Group::Megatron => "Megatron-LM",
            Group::Parallelism => "Parallelism",
            Group::Fp8 => "FP8",
            Group::Tpu => "TPU",
            Group::Mpi => "CPU and MPI",
            Group::SageMaker => "SageMaker",
        }
    }

    /// What the page is for, one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Group::Basics => {
                "How the training is spread over your hardware, with how many processes and in which precision."
            }
            Group::Machines => "How several machines find each other; leave it alone when you train on one.",
            Group::Dynamo => "Compiles the model before training: slower to start, often faster afterwards.",
            Group::Fsdp => "Splits one model over all GPUs with PyTorch's own fully sharded data parallel.",
            Group::DeepSpeed => {
                "Splits training state over GPUs with DeepSpeed ZeRO and can move it to CPU or disk."
            }
            Group::Megatron => "Splits very large language models with NVIDIA's Megatron-LM.",
            Group::Parallelism => {
                "Arranges the GPUs in a mesh; the sizes multiply to the number of processes."
            }
            Group::Fp8 => "Details of 8-bit training, used only with `mixed_precision: fp8`.",
            Group::Tpu => "Google TPUs, alone or as a pod of machines.",
            Group::Mpi => "Several CPU processes started through mpirun, and old Intel options.",
            Group::SageMaker => "Jobs on Amazon SageMaker, which Accelerate 1.10 to 1.15 cannot launch.",
        }
    }
}
