//! What families outside of Llama's shape share: layers without groups of heads, and their heads.

use super::build::Tensors;
use super::fields::Fields;
use super::{LayerShape, Mlp, ModelCard, ModelError, Part, Task};

/// A layer with as many key and value heads as query heads; `heads` is the width, the field and
/// the number.
pub(super) fn shape(fields: &Fields, heads: (u64, &str, u64), mlp: Mlp) -> Result<LayerShape, ModelError> {
    let (hidden, key, heads) = heads;
    let head_dim = fields.head_dim("head_dim", hidden, (key, heads))?;
    Ok(LayerShape {
        hidden,
        heads,
        kv_heads: heads,
        head_dim,
        value_dim: head_dim,
        latent: None,
        mlp,
        window: None,
        has_cross_attention: false,
    })
}

/// The head of a decoder: language model (tied or not) or `score` for classes, with task.
pub(super) fn headed(
    fields: &Fields,
    head: Tensors,
    (vocabulary, hidden): (u64, u64),
    has_bias: bool,
) -> Result<ModelCard, ModelError> {
    let (task, is_tied, labels) = (fields.task(), fields.is_tied()?, fields.labels()?);
    let head = match task {
        Task::SequenceClassification => head.linear("score", Part::Head, (labels, hidden), false),
        _ if is_tied => head,
        _ => head.linear("lm_head", Part::Head, (vocabulary, hidden), has_bias),
    };
    let is_tied = is_tied && task == Task::CausalLm;
    Ok(ModelCard { task, is_tied, head: head.block(), ..ModelCard::default() })
}

/// Patches of a square image; the side must hold at least one.
pub(super) fn patches(fields: &Fields) -> Result<u64, ModelError> {
    let (image, patch) = (fields.size("image_size")?, fields.size("patch_size")?);
    let side = image / patch;
    if side == 0 {
        return Err(fields.wrong("patch_size", format!("is {patch}, more than the image's side of {image}")));
    }
    Ok(side * side)
}

/// ViT's embeddings: a class, positions and the projection of patches; `sizes` are width, channels
/// and the side of a patch.
pub(super) fn patched(root: &str, sizes: (u64, u64, u64), positions: u64) -> Tensors {
    let (hidden, channels, patch) = sizes;
    let projection = format!("{root}.patch_embeddings.projection");
    Tensors::new()
        .one(&format!("{root}.cls_token"), Part::Embedding, &[1, 1, hidden])
        .one(&format!("{root}.position_embeddings"), Part::Embedding, &[1, positions, hidden])
        .one(&format!("{projection}.weight"), Part::Embedding, &[hidden, channels, patch, patch])
        .one(&format!("{projection}.bias"), Part::Embedding, &[hidden])
}
