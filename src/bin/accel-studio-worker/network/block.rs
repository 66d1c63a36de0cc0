//! One block: norm, attention, sum, norm, two or three matrices, sum. Every family is this with other names.

use tch::Tensor;

use super::Mode;
use super::error::Result;
use super::recipe::Recipe;
use super::tables::Tables;
use super::unit::Weights;

/// A block's place, weights and way to compute.
pub(super) struct Block<'a> {
    pub recipe: &'a Recipe,
    pub weights: Weights<'a>,
    pub tables: &'a Tables,
    /// Its number, from 0.
    pub number: usize,
    pub mode: Mode,
}

impl Block<'_> {
    /// `[batch, tokens, width]` to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let [before, behind] = self.recipe.family.norms;
        let attended = self.attention(&norm(self.recipe, &self.weights, before, x)?)?;
        let x = x.f_add(&self.dropped(attended)?)?;
        let computed = self.mlp(&norm(self.recipe, &self.weights, behind, &x)?)?;
        Ok(x.f_add(&self.dropped(computed)?)?)
    }

    fn dropped(&self, x: Tensor) -> Result<Tensor> {
        dropped(x, self.recipe.dropout[2], self.mode)
    }

    fn linear(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = self.weights.pair(name);
        if !self.recipe.family.is_transposed {
            return Ok(x.f_linear(weight, bias)?);
        }
        let product = x.f_matmul(weight)?;
        bias.map_or_else(|| Ok(product.shallow_clone()), |bias| Ok(product.f_add(bias)?))
    }

    fn attention(&self, x: &Tensor) -> Result<Tensor> {
        let (recipe, (batch, tokens, _)) = (self.recipe, x.size3()?);
        let [q, k, v] = self.inputs(x)?;
        let (q, k) = (self.head_norm(0, q)?, self.head_norm(1, k)?);
        let (q, k) = match &recipe.rope {
            None => (q, k),
            Some(rope) => {
                let turns = self.tables.turns(rope, tokens, x.device())?;
                (turns.turn(&q)?, turns.turn(&k)?)
            }
        };
        let mixed = self.mixed([q, k, v], tokens)?;
        let width = recipe.heads * recipe.head_dim;
        self.linear(recipe.family.output, &mixed.f_transpose(1, 2)?.f_reshape([batch, tokens, width])?)
    }

    /// Queries, keys and values, `[batch, tokens, heads, dim]` each.
    fn inputs(&self, x: &Tensor) -> Result<[Tensor; 3]> {
        let (recipe, (batch, tokens, _)) = (self.recipe, x.size3()?);
        let heads = [recipe.heads, recipe.kv_heads, recipe.kv_heads];
        let parts = match recipe.family.inputs {
            [joint] => self.linear(joint, x)?.f_split_with_sizes(heads.map(|it| it * recipe.head_dim), -1)?,
            apart => apart.iter().map(|name| self.linear(name, x)).collect::<Result<_>>()?,
        };
        let shaped = |at: usize| parts[at].f_view([batch, tokens, heads[at], recipe.head_dim]);
        Ok([shaped(0)?, shaped(1)?, shaped(2)?])
    }

    fn head_norm(&self, which: usize, x: Tensor) -> Result<Tensor> {
        let name = self.recipe.family.head_norms[which];
        match self.weights.get(&format!("{name}.weight")) {
            None => Ok(x),
            Some(_) => norm(self.recipe, &self.weights, name, &x),
        }
    }

    /// Attention itself: `[batch, heads, tokens, dim]`.
    fn mixed(&self, inputs: [Tensor; 3], tokens: i64) -> Result<Tensor> {
        let recipe = self.recipe;
        let window = recipe.windows[self.number].filter(|window| *window < tokens);
        let device = inputs[0].device();
        let mask = window.map(|window| self.tables.mask(window, tokens, device)).transpose()?;
        let [q, k, v] = inputs;
        // the flash kernels take groups as they are, on CPUs as well (libtorch 2.11); with a mask no fast kernel does
        let is_grouped = recipe.kv_heads < recipe.heads;
        let takes_groups = is_grouped && mask.is_none();
        let spread = |x: Tensor| if is_grouped && !takes_groups { self.spread(&x) } else { Ok(x) };
        let (k, v) = (spread(k)?, spread(v)?);
        let dropout = if self.mode.is_training { recipe.dropout[1] } else { 0.0 };
        Ok(Tensor::f_scaled_dot_product_attention(
            &q.f_transpose(1, 2)?,
            &k.f_transpose(1, 2)?,
            &v.f_transpose(1, 2)?,
            mask.as_ref(),
            dropout,
            mask.is_none(),
            recipe.scales[self.number],
            takes_groups,
        )?)
    }

    /// Each key or value head as often as query heads share it.
    fn spread(&self, x: &Tensor) -> Result<Tensor> {
        let (heads, kv_heads, dim) = (self.recipe.heads, self.recipe.kv_heads, self.recipe.head_dim);
        let (batch, tokens, _, _) = x.size4()?;
        let wide = x.f_unsqueeze(3)?.f_expand([batch, tokens, kv_heads, heads / kv_heads, dim], false)?;
        Ok(wide.f_reshape([batch, tokens, heads, dim])?)
    }

    fn mlp(&self, x: &Tensor) -> Result<Tensor> {
        let (family, activation) = (self.recipe.family, self.recipe.activation);
        let [up, down] = family.mlp;
        let inner = match family.gate {
            None => activation(&self.linear(up, x)?)?,
            Some(gate) => activation(&self.linear(gate, x)?)?.f_mul(&self.linear(up, x)?)?,
        };
        self.linear(down, &inner)
    }
}

/// The family's norm over the last dimension.
pub(super) fn norm(recipe: &Recipe, weights: &Weights<'_>, name: &str, x: &Tensor) -> Result<Tensor> {
    let (weight, bias) = weights.pair(name);
    let width = weight.size();
    if recipe.family.subtracts_mean {
        return Ok(x.f_layer_norm(&width, Some(weight), bias, recipe.epsilon, true)?);
    }
    // heads come in half precision under autocast, and norms are computed in that of their weights
    Ok(x.f_to_kind(weight.kind())?.f_rms_norm(&width, Some(weight), recipe.epsilon)?)
}

/// Dropout, in training where there is a chance.
pub(super) fn dropped(x: Tensor, chance: f64, mode: Mode) -> Result<Tensor> {
    if mode.is_training && chance > 0.0 { Ok(x.f_dropout(chance, true)?) } else { Ok(x) }
}
