//! The norm of the whole gradient when each rank holds a share of it, and scaling down what is too long.

use tch::{Kind, Tensor};

use crate::torch::error::Result;

/// What `torch.nn.utils.clip_grad_norm_` adds to the norm before it divides by it.
const MARGIN: f64 = 1e-6;

/// The sum of the squares of these gradients; padding is 0 and adds nothing.
pub fn squares(gradients: &[Tensor]) -> Result<f64> {
    let norms: Vec<Tensor> =
        gradients.iter().map(|gradient| Ok(gradient.f_norm()?)).collect::<Result<_>>()?;
    if norms.is_empty() {
        return Ok(0.0);
    }
    let norms = Tensor::f_stack(&norms, 0)?.f_to_kind(Kind::Double)?;
    Ok(norms.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?)
}

/// Scales gradients of this whole norm in place, so that it is at most `most`.
pub fn clip(gradients: &mut [Tensor], norm: f64, most: f64) -> Result<()> {
    let factor = most / (norm + MARGIN);
    if factor >= 1.0 {
        return Ok(());
    }
    for gradient in gradients {
        let _ = gradient.f_mul_scalar_(factor)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradients() -> Vec<Tensor> {
        vec![Tensor::from_slice(&[3.0f32, 0.0]), Tensor::from_slice(&[4.0f32])]
    }

    #[test]
    fn the_norm_is_that_of_all_gradients_together() {
        assert_eq!(squares(&gradients()).expect("floats"), 25.0);
        assert_eq!(squares(&[]).expect("nothing"), 0.0);
    }

    #[test]
    fn what_is_too_long_is_scaled_down_and_nothing_else() {
        let mut long = gradients();
        clip(&mut long, 5.0, 1.0).expect("floats");
        assert!((squares(&long).expect("floats").sqrt() - 1.0).abs() < 1e-5);
        let mut short = gradients();
        clip(&mut short, 5.0, 6.0).expect("floats");
        assert_eq!(short[0].double_value(&[0]), 3.0);
    }
}
