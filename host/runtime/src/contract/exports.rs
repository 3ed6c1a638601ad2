//! The functions that a component exports: found when it is loaded, called one in a step.
//!
//! The generated bindings would compare the types of all nine with ours at the start of every
//! step, which takes a third of it. Here only those of the one that is called are compared.

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance, InstancePre};

use super::CONTRACT;
use super::types::{
    ActionResult, Address, Context, Description, Findings, HistoryEntry, HistoryQuery, Order, Plan,
    Problem, Progress, Proposal, Receipt, Rule, Selector,
};

macro_rules! exports {
    ($($function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        /// A component that can be instantiated, and where its functions are.
        pub(crate) struct Callable<T: 'static> {
            pub(crate) pre: InstancePre<T>,
            /// How many memories an instance has.
            pub(crate) memories: u32,
            $($function: ComponentExportIndex,)*
        }

        impl<T> Callable<T> {
            /// Nothing, if a function is missing.
            pub(crate) fn new(pre: InstancePre<T>) -> Option<Self> {
                let component = pre.component();
                let interface = format!("passcode:action/action@{CONTRACT}");
                let interface = component.get_export_index(None, &interface)?;
                $(let $function =
                    component.get_export_index(Some(&interface), stringify!($function))?;)*
                // Nothing is known of one that is handed modules; no component here can be.
                let memories = component.resources_required().map_or(1, |needs| needs.num_memories);
                Some(Self { $($function,)* memories, pre })
            }
        }

        impl<T: Send + 'static> Callable<T> {
            $(pub(crate) async fn $function(
                &self,
                store: &mut Store<T>,
                instance: &Instance,
                $($argument: &$type,)*
            ) -> wasmtime::Result<$answer> {
                let function = instance.get_typed_func::<($(&$type,)*), ($answer,)>(
                    &mut *store,
                    &self.$function,
                )?;
                let (answer,) = function.call_async(store, ($($argument,)*)).await?;
                Ok(answer)
            })*
        }
    };
}

/// Hand the functions of the interface `action` to a macro: each with what it takes and answers.
macro_rules! for_each_export {
    ($macro:ident) => {
        $macro! {
            describe() -> Description;
            matrix() -> Vec<Rule>;
            addresses() -> Vec<Address>;
            find(selector: Selector, context: Context) -> Result<Findings, Problem>;
            prepare(order: Order, context: Context) -> Result<Proposal, Problem>;
            commit(plan: Plan, context: Context) -> Result<Progress, Problem>;
            observe(plan: Plan, receipt: Receipt, context: Context) -> Result<Progress, Problem>;
            results(device: String, context: Context) -> Result<Vec<ActionResult>, Problem>;
            history(query: HistoryQuery, context: Context) -> Result<Vec<HistoryEntry>, Problem>;
        }
    };
}
pub(crate) use for_each_export;

for_each_export!(exports);
