//! How the component's memory is laid out at the start.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A few kilobytes of stack are enough; the linker's own megabyte would have to be there in each
    // instance. A recursion that leaves it traps: the stack lies below everything else.
    println!("cargo::rustc-link-arg=-zstack-size=65536");
}
