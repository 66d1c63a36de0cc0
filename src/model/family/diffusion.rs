//! Diffusion transformers of diffusers: Flux and Stable Diffusion 3, whose layers let image and text
//! attend to each other. Their configs name the class in `_class_name`.

use serde_json::Value;

use super::super::build::{Tensors, groups};
use super::*;

pub(super) const FLUX: Family = Family {
    types: &["FluxTransformer2DModel"],
    needs: &["num_layers", "num_single_layers", "num_attention_heads", "attention_head_dim"],
    defaults: &[("in_channels", 64), ("joint_attention_dim", 4096), ("pooled_projection_dim", 768)],
    no_split: &["FluxSingleTransformerBlock", "FluxTransformerBlock"],
    task: Task::Diffusion,
    read: read_flux,
    ..Family::BLANK
};

pub(super) const SD3: Family = Family {
    types: &["SD3Transformer2DModel"],
    needs: &["num_layers", "num_attention_heads", "attention_head_dim"],
    defaults: &[
        ("in_channels", 16),
        ("patch_size", 2),
        ("joint_attention_dim", 4096),
        ("pooled_projection_dim", 2048),
    ],
    no_split: &["JointTransformerBlock"],
    task: Task::Diffusion,
    read: read_sd3,
    ..Family::BLANK
};

/// Width of the wave by which both write down the moment of the noise.
const WAVE: u64 = 256;

/// Sizes of a model; the part behind attention is four times as wide.
#[derive(Clone, Copy)]
struct Sizes {
    hidden: u64,
    heads: u64,
    head_dim: u64,
    has_qk_norm: bool,
}

impl Sizes {
    fn read(fields: &Fields, has_qk_norm: bool) -> Result<Sizes, ModelError> {
        let (heads, head_dim) = (fields.size("num_attention_heads")?, fields.size("attention_head_dim")?);
        let hidden = heads.checked_mul(head_dim).filter(|hidden| *hidden <= 1 << 28);
        let hidden =
            hidden.ok_or_else(|| fields.wrong("attention_head_dim", "makes the model wider than any"))?;
        Ok(Sizes { hidden, heads, head_dim, has_qk_norm })
    }

    fn shape(&self, has_cross_attention: bool) -> LayerShape {
        LayerShape {
            hidden: self.hidden,
            heads: self.heads,
            kv_heads: self.heads,
            head_dim: self.head_dim,
            value_dim: self.head_dim,
            latent: None,
            mlp: Mlp::Dense { width: 4 * self.hidden, is_gated: false },
            window: None,
            has_cross_attention,
        }
    }

    /// Square matrices with a bias.
    fn squares(&self, tensors: Tensors, names: &[&str]) -> Tensors {
        names
            .iter()
            .fold(tensors, |it, name| it.linear(name, Part::Attention, (self.hidden, self.hidden), true))
    }

    /// Norms over the numbers of a head.
    fn norms(&self, tensors: Tensors, names: &[&str]) -> Tensors {
        let names = if self.has_qk_norm { names } else { &[] };
        names.iter().fold(tensors, |it, name| it.norm(name, self.head_dim, false))
    }

    /// What scales and shifts a layer's input: `times` widths from one.
    fn scale(&self, tensors: Tensors, name: &str, times: u64) -> Tensors {
        tensors.linear(name, Part::Norm, (times * self.hidden, self.hidden), true)
    }

    fn feed(&self, tensors: Tensors, name: &str) -> Tensors {
        let width = 4 * self.hidden;
        tensors.linear(&format!("{name}.net.0.proj"), Part::Mlp, (width, self.hidden), true).linear(
            &format!("{name}.net.2"),
            Part::Mlp,
            (self.hidden, width),
            true,
        )
    }

    /// A layer of image and text side by side; the last one of SD3 drops the text, its first ones
    /// have a second attention of the image alone.
    fn joint(&self, is_last: bool, has_second: bool) -> Tensors {
        let tensors = self.scale(Tensors::new(), "norm1.linear", if has_second { 9 } else { 6 });
        let tensors = self.scale(tensors, "norm1_context.linear", if is_last { 2 } else { 6 });
        let own = ["attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0"];
        let tensors = self.squares(tensors, &own);
        let tensors = self.squares(tensors, &["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"]);
        let normed = ["attn.norm_q", "attn.norm_k", "attn.norm_added_q", "attn.norm_added_k"];
        let tensors = self.feed(self.norms(tensors, &normed), "ff");
        let tensors = tensors.when(has_second, |it| {
            let second = ["attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0"];
            self.norms(self.squares(it, &second), &["attn2.norm_q", "attn2.norm_k"])
        });
        tensors.when(!is_last, |it| self.feed(self.squares(it, &["attn.to_add_out"]), "ff_context"))
    }

    /// Flux's second kind of layer: image and text as one sequence.
    fn single(&self) -> Tensors {
        let (hidden, width) = (self.hidden, 4 * self.hidden);
        let tensors = self.scale(Tensors::new(), "norm.linear", 3);
        let tensors = self.squares(tensors, &["attn.to_q", "attn.to_k", "attn.to_v"]);
        self.norms(tensors, &["attn.norm_q", "attn.norm_k"])
            .linear("proj_mlp", Part::Mlp, (width, hidden), true)
            .linear("proj_out", Part::Mlp, (hidden, hidden + width), true)
    }

    /// Two matrices that bring something to the model's width.
    fn embedder(&self, tensors: Tensors, name: &str, from: u64) -> Tensors {
        tensors
            .linear(&format!("time_text_embed.{name}.linear_1"), Part::Embedding, (self.hidden, from), true)
            .linear(
                &format!("time_text_embed.{name}.linear_2"),
                Part::Embedding,
                (self.hidden, self.hidden),
                true,
            )
    }

    fn card(&self, embeddings: Tensors, stacks: Vec<Stack>, out: u64) -> ModelCard {
        let head = self.scale(Tensors::new(), "norm_out.linear", 2);
        ModelCard {
            task: Task::Diffusion,
            hidden: self.hidden,
            embeddings: embeddings.block(),
            stacks,
            head: head.linear("proj_out", Part::Head, (out, self.hidden), true).block(),
            traits: Traits {
                has_qk_norm: self.has_qk_norm,
                activation: Activation::GeluTanh,
                ..Traits::default()
            },
            ..ModelCard::default()
        }
    }
}

fn stack(path: &str, class: &str, groups: Vec<super::super::LayerGroup>) -> Stack {
    Stack { role: StackRole::Encoder, path: path.to_owned(), groups, wrap_class: class.to_owned() }
}

fn read_flux(fields: &Fields) -> Result<ModelCard, ModelError> {
    let sizes = Sizes::read(fields, true)?;
    let (double, single) = (fields.layers("num_layers")?, fields.layers("num_single_layers")?);
    let (channels, text) = (fields.size("in_channels")?, fields.size("joint_attention_dim")?);
    let embeddings = sizes.embedder(Tensors::new(), "timestep_embedder", WAVE);
    let embeddings = sizes.embedder(embeddings, "text_embedder", fields.size("pooled_projection_dim")?);
    let embeddings = embeddings
        .when(fields.flag("guidance_embeds", false)?, |it| sizes.embedder(it, "guidance_embedder", WAVE))
        .linear("context_embedder", Part::Embedding, (sizes.hidden, text), true)
        .linear("x_embedder", Part::Embedding, (sizes.hidden, channels), true);
    let first = groups(double, |_| (sizes.shape(true), sizes.joint(false, false).block()));
    let second = groups(single, |_| (sizes.shape(false), sizes.single().block()));
    let stacks = vec![
        stack("transformer_blocks", "FluxTransformerBlock", first),
        stack("single_transformer_blocks", "FluxSingleTransformerBlock", second),
    ];
    Ok(sizes.card(embeddings, stacks, fields.size_or("out_channels", channels)?))
}

fn read_sd3(fields: &Fields) -> Result<ModelCard, ModelError> {
    let sizes = Sizes::read(fields, fields.word("qk_norm").is_some())?;
    let (layers, patch) = (fields.layers("num_layers")?, fields.size("patch_size")?);
    let (channels, text) = (fields.size("in_channels")?, fields.size("joint_attention_dim")?);
    let dual = fields.raw("dual_attention_layers").and_then(Value::as_array);
    let dual: Vec<u64> = dual.into_iter().flatten().filter_map(Value::as_u64).collect();
    let embeddings = sizes.embedder(Tensors::new(), "timestep_embedder", WAVE);
    let embeddings = sizes
        .embedder(embeddings, "text_embedder", fields.size("pooled_projection_dim")?)
        .one("pos_embed.proj.weight", Part::Embedding, &[sizes.hidden, channels, patch, patch])
        .one("pos_embed.proj.bias", Part::Embedding, &[sizes.hidden])
        .linear("context_embedder", Part::Embedding, (sizes.hidden, text), true);
    let all = groups(layers, |index| {
        (sizes.shape(true), sizes.joint(index + 1 == layers, dual.contains(&index)).block())
    });
    let out = fields.size_or("out_channels", channels)?.saturating_mul(patch.saturating_mul(patch));
    Ok(sizes.card(embeddings, vec![stack("transformer_blocks", "JointTransformerBlock", all)], out))
}
