//! Gradients to start from, hooks on gradients, dropping gradients, freeing a tensor's storage.

use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tch::Tensor;
use torch_sys::C_tensor;

use super::error::{Result, check, leave};
use super::ffi::{self, handle};

/// Computes gradients of all leaves below `output`, whose own gradient is given; same shape.
pub fn backward(output: &Tensor, gradient: &Tensor) -> Result<()> {
    // SAFETY: both handles live through the call, and the arrays have one element each.
    check(unsafe { ffi::as_backward([handle(output)].as_ptr(), [handle(gradient)].as_ptr(), 1) })
}

/// Forgets a leaf's gradient, so that its memory is free; `Tensor::zero_grad` would keep it.
pub fn clear_grad(leaf: &Tensor) -> Result<()> {
    // SAFETY: the handle lives through the call.
    check(unsafe { ffi::as_clear_grad(handle(leaf)) })
}

/// A leaf's gradient, where it has one.
pub fn grad(leaf: &Tensor) -> Option<Tensor> {
    // SAFETY: the handle lives through the call.
    (unsafe { ffi::as_has_grad(handle(leaf)) } == 1).then(|| leaf.grad())
}

/// Calls `then` with the leaf each time its gradient of a backward pass is complete. One hook per leaf: a
/// second takes the place of the first. On CUDA it runs on a thread of autograd's own.
pub fn on_accumulated(
    leaf: &Tensor,
    then: impl FnMut(&Tensor) -> std::result::Result<(), String> + Send + 'static,
) -> Result<()> {
    // SAFETY: the shim calls and frees the closure only through these two functions.
    check(unsafe { ffi::as_on_accumulated(handle(leaf), boxed(then), call, drop_closure) })
}

/// Calls `then` with the gradient of a tensor that is no leaf, as soon as it is known and before it is used.
pub fn on_gradient(
    tensor: &Tensor,
    then: impl FnMut(&Tensor) -> std::result::Result<(), String> + Send + 'static,
) -> Result<()> {
    // SAFETY: as above.
    check(unsafe { ffi::as_on_gradient(handle(tensor), boxed(then), call, drop_closure) })
}

/// Gives a tensor's storage so many bytes, 0 to free its memory. Views and graphs that hold it stay valid, but
/// may not be read before the storage has its size and contents back.
pub fn resize_storage(tensor: &Tensor, bytes: usize) -> Result<()> {
    // SAFETY: the handle lives through the call.
    check(unsafe { ffi::as_resize_storage(handle(tensor), bytes) })
}

type Closure = Box<dyn FnMut(&Tensor) -> std::result::Result<(), String> + Send>;

fn boxed(then: impl FnMut(&Tensor) -> std::result::Result<(), String> + Send + 'static) -> *mut c_void {
    let closure: Closure = Box::new(then);
    Box::into_raw(Box::new(closure)).cast()
}

/// A panic may not pass through C++: it becomes an error like any other.
extern "C" fn call(context: *mut c_void, tensor: *mut C_tensor) -> c_int {
    // SAFETY: `context` is what `boxed` made, and autograd calls one hook at a time.
    let closure = unsafe { &mut *context.cast::<Closure>() };
    // SAFETY: the tensor is borrowed from C++, hence never dropped here.
    let tensor = ManuallyDrop::new(unsafe { Tensor::from_ptr(tensor) });
    let outcome = catch_unwind(AssertUnwindSafe(|| closure(&tensor)));
    match outcome.unwrap_or_else(|panic| Err(words(&*panic))) {
        Ok(()) => 1,
        Err(error) => {
            leave(&error);
            0
        }
    }
}

extern "C" fn drop_closure(context: *mut c_void) {
    // SAFETY: `context` is what `boxed` made, and C++ drops it once.
    drop(unsafe { Box::from_raw(context.cast::<Closure>()) });
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a gradient hook ended without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn leaf(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).set_requires_grad(true)
    }

    #[test]
    fn a_backward_pass_may_start_in_the_middle() {
        let x = leaf(&[1.0, 2.0]);
        backward(&(&x * &x), &Tensor::from_slice(&[10.0f32, 1.0])).expect("it has a graph");
        assert_eq!(Vec::<f32>::try_from(x.grad()).expect("floats"), [20.0, 4.0]);
    }

    #[test]
    fn a_gradient_can_be_forgotten() {
        let x = leaf(&[1.0]);
        assert!(grad(&x).is_none());
        (&x * 2.0).sum(None).backward();
        assert!(grad(&x).is_some());
        clear_grad(&x).expect("it is a leaf");
        assert!(grad(&x).is_none());
    }

    #[test]
    fn hooks_hear_of_leaves_and_of_what_lies_between() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let x = leaf(&[3.0]);
        let note = |word: &'static str| {
            let heard = Arc::clone(&heard);
            move |tensor: &Tensor| {
                let value = if word == "leaf" { tensor.grad() } else { tensor.shallow_clone() };
                heard.lock().expect("no panic").push((word, value.double_value(&[0])));
                Ok(())
            }
        };
        on_accumulated(&x, note("leaf")).expect("a leaf");
        let y = &x * 2.0;
        on_gradient(&y, note("between")).expect("it has a gradient");
        (&y * &y).sum(None).backward();
        assert_eq!(*heard.lock().expect("no panic"), [("between", 12.0), ("leaf", 24.0)]);
    }

    #[test]
    fn an_error_in_a_hook_ends_the_backward_pass_with_its_words() {
        let x = leaf(&[3.0]);
        on_accumulated(&x, |_| Err("the reduction failed".to_owned())).expect("a leaf");
        let error = (&x * 2.0).sum(None).f_backward().expect_err("the hook failed").to_string();
        assert!(error.contains("the reduction failed"), "{error}");
    }

    #[test]
    fn a_storage_comes_back_with_new_contents() {
        let x = Tensor::from_slice(&[1.0f32, 2.0]);
        let view = x.narrow(0, 1, 1);
        resize_storage(&x, 0).expect("it owns its storage");
        resize_storage(&x, 8).expect("it owns its storage");
        x.data().copy_(&Tensor::from_slice(&[5.0f32, 6.0]));
        assert_eq!(view.double_value(&[0]), 6.0);
    }
}
