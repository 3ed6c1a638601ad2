//! How the component's memory is laid out at the start.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The logic needs a few kilobytes of stack; the linker's own megabyte would have to be there in
    // each instance. A recursion that leaves it traps: the stack lies below everything else.
    println!("cargo::rustc-link-arg=-zstack-size=65536");
    // What an ordinary step takes, so that it does not have to ask for more while it runs.
    println!("cargo::rustc-link-arg=--initial-memory=524288");
}
