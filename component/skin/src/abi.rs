//! The canonical ABI of the contract's nouns: one reader and one writer for each type.
//!
//! The bindings that `wit-bindgen` generates write them out anew in each exported function: a plan is taken apart in two places,
//! a problem put together in six. That was a third of the component. Here every type has its own pair, which the functions
//! share; sizes and offsets follow from the types by the rules of the canonical ABI.
//!
//! Nothing that is handed out is freed: each step has an instance of its own, which goes with its memory.

use alloc::alloc::{alloc, dealloc};
use alloc::string::String;
use alloc::vec::Vec;
use core::alloc::Layout;

/// A type as it lies in memory at the boundary.
pub(crate) trait Abi: Sized {
    /// Its size in bytes.
    const SIZE: usize;
    /// Its alignment in bytes.
    const ALIGN: usize;

    /// Take one over.
    ///
    /// # Safety
    ///
    /// At `at` lies one that the canonical ABI wrote, and nobody else takes it over.
    unsafe fn lift(at: *const u8) -> Self;

    /// Hand one over.
    ///
    /// # Safety
    ///
    /// At `at` there is room for one, aligned.
    unsafe fn lower(self, at: *mut u8);
}

/// Hand an answer over: where it lies.
pub(crate) fn answer<T: Abi>(value: T) -> *mut u8 {
    let at = room::<T>(1);
    // SAFETY: there is room for one.
    unsafe { value.lower(at) };
    at
}

fn room<T: Abi>(count: usize) -> *mut u8 {
    match layout::<T>(count) {
        // SAFETY: not empty.
        Some(layout) => match unsafe { alloc(layout) } {
            at if at.is_null() => alloc::alloc::handle_alloc_error(layout),
            at => at,
        },
        None => core::ptr::without_provenance_mut(T::ALIGN),
    }
}

/// The block that so many take; absent if they take none.
fn layout<T: Abi>(count: usize) -> Option<Layout> {
    let layout = Layout::from_size_align(T::SIZE * count, T::ALIGN).ok()?;
    (layout.size() > 0).then_some(layout)
}

pub(crate) const fn round_up(offset: usize, align: usize) -> usize {
    offset.next_multiple_of(align)
}

pub(crate) const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// One field after the other.
pub(crate) struct Fields<P> {
    base: P,
    offset: usize,
}

impl<P> Fields<P> {
    pub(crate) fn at(base: P) -> Self {
        Self { base, offset: 0 }
    }

    #[inline(always)]
    fn next<T: Abi>(&mut self) -> usize {
        let offset = round_up(self.offset, T::ALIGN);
        self.offset = offset + T::SIZE;
        offset
    }
}

impl Fields<*const u8> {
    /// # Safety
    ///
    /// The next field is of this type.
    #[inline(always)]
    pub(crate) unsafe fn lift<T: Abi>(&mut self) -> T {
        let offset = self.next::<T>();
        // SAFETY: by the caller.
        unsafe { T::lift(self.base.add(offset)) }
    }
}

impl Fields<*mut u8> {
    /// # Safety
    ///
    /// The next field is of this type.
    #[inline(always)]
    pub(crate) unsafe fn lower<T: Abi>(&mut self, value: T) {
        let offset = self.next::<T>();
        // SAFETY: by the caller.
        unsafe { value.lower(self.base.add(offset)) }
    }
}

macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Abi for $type {
            const SIZE: usize = size_of::<$type>();
            const ALIGN: usize = align_of::<$type>();

            #[inline(always)]
            unsafe fn lift(at: *const u8) -> Self {
                // SAFETY: by the caller.
                unsafe { at.cast::<$type>().read() }
            }

            #[inline(always)]
            unsafe fn lower(self, at: *mut u8) {
                // SAFETY: by the caller.
                unsafe { at.cast::<$type>().write(self) }
            }
        }
    )*};
}

plain!(u8 u16 u32 i64 usize *mut u8);

impl Abi for bool {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    #[inline(always)]
    unsafe fn lift(at: *const u8) -> Self {
        // SAFETY: by the caller.
        unsafe { at.read() != 0 }
    }

    #[inline(always)]
    unsafe fn lower(self, at: *mut u8) {
        // SAFETY: by the caller.
        unsafe { at.write(self.into()) }
    }
}

impl Abi for String {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    #[inline(never)]
    unsafe fn lift(at: *const u8) -> Self {
        // SAFETY: the canonical ABI has allocated it with our own allocator, and it is UTF-8.
        unsafe {
            let mut fields = Fields::at(at);
            let start = fields.lift::<*mut u8>();
            let length = fields.lift::<usize>();
            Self::from_raw_parts(start, length, length)
        }
    }

    #[inline(never)]
    unsafe fn lower(self, at: *mut u8) {
        let text = self.leak();
        // SAFETY: by the caller.
        unsafe {
            let mut fields = Fields::at(at);
            fields.lower(text.as_mut_ptr());
            fields.lower(text.len());
        }
    }
}

impl<T: Abi> Abi for Vec<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    #[inline(never)]
    unsafe fn lift(at: *const u8) -> Self {
        // SAFETY: as for a string; the items are taken over, their block is free afterwards.
        unsafe {
            let mut fields = Fields::at(at);
            let start = fields.lift::<*mut u8>();
            let count = fields.lift::<usize>();
            let mut items = Self::with_capacity(count);
            for index in 0..count {
                items.push(T::lift(start.add(index * T::SIZE)));
            }
            if let Some(layout) = layout::<T>(count) {
                dealloc(start, layout);
            }
            items
        }
    }

    #[inline(never)]
    unsafe fn lower(self, at: *mut u8) {
        let count = self.len();
        let start = room::<T>(count);
        // SAFETY: there is room for so many.
        unsafe {
            for (index, item) in self.into_iter().enumerate() {
                item.lower(start.add(index * T::SIZE));
            }
            let mut fields = Fields::at(at);
            fields.lower(start);
            fields.lower(count);
        }
    }
}

impl<T: Abi> Abi for Option<T> {
    const SIZE: usize = round_up(round_up(1, Self::ALIGN) + T::SIZE, Self::ALIGN);
    const ALIGN: usize = T::ALIGN;

    unsafe fn lift(at: *const u8) -> Self {
        // SAFETY: by the caller; what there is, is said first.
        unsafe { bool::lift(at).then(|| T::lift(at.add(round_up(1, Self::ALIGN)))) }
    }

    unsafe fn lower(self, at: *mut u8) {
        // SAFETY: by the caller.
        unsafe {
            self.is_some().lower(at);
            if let Some(value) = self {
                value.lower(at.add(round_up(1, Self::ALIGN)));
            }
        }
    }
}

impl<T: Abi, E: Abi> Abi for Result<T, E> {
    const SIZE: usize = round_up(
        round_up(1, Self::ALIGN) + larger(T::SIZE, E::SIZE),
        Self::ALIGN,
    );
    const ALIGN: usize = larger(T::ALIGN, E::ALIGN);

    unsafe fn lift(at: *const u8) -> Self {
        // SAFETY: by the caller; which of the two it is, is said first.
        unsafe {
            let value = at.add(round_up(1, Self::ALIGN));
            if bool::lift(at) {
                Err(E::lift(value))
            } else {
                Ok(T::lift(value))
            }
        }
    }

    unsafe fn lower(self, at: *mut u8) {
        // SAFETY: by the caller.
        unsafe {
            self.is_err().lower(at);
            let room = at.add(round_up(1, Self::ALIGN));
            match self {
                Ok(value) => value.lower(room),
                Err(error) => error.lower(room),
            }
        }
    }
}

macro_rules! tuple {
    ($($field:ident: $type:ident),*) => {
        impl<$($type: Abi),*> Abi for ($($type,)*) {
            const ALIGN: usize = {
                let align = 1;
                $(let align = larger(align, $type::ALIGN);)*
                align
            };
            const SIZE: usize = {
                let size = 0;
                $(let size = round_up(size, $type::ALIGN) + $type::SIZE;)*
                round_up(size, Self::ALIGN)
            };

            unsafe fn lift(at: *const u8) -> Self {
                let mut fields = Fields::at(at);
                // SAFETY: by the caller.
                unsafe { ($(fields.lift::<$type>(),)*) }
            }

            unsafe fn lower(self, at: *mut u8) {
                let mut fields = Fields::at(at);
                let ($($field,)*) = self;
                // SAFETY: by the caller.
                unsafe { $(fields.lower($field);)* }
            }
        }
    };
}

tuple!(a: A);
tuple!(a: A, b: B);
tuple!(a: A, b: B, c: C);

/// A record: its fields in the order of the contract.
macro_rules! record {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl $crate::abi::Abi for $name {
            const ALIGN: usize = {
                let align = 1;
                $(let align = $crate::abi::larger(align, <$type>::ALIGN);)*
                align
            };
            const SIZE: usize = {
                let size = 0;
                $(let size = $crate::abi::round_up(size, <$type>::ALIGN) + <$type>::SIZE;)*
                $crate::abi::round_up(size, Self::ALIGN)
            };

            #[inline(never)]
            unsafe fn lift(at: *const u8) -> Self {
                let mut fields = $crate::abi::Fields::at(at);
                // SAFETY: by the caller.
                unsafe { Self { $($field: fields.lift::<$type>()),* } }
            }

            #[inline(never)]
            unsafe fn lower(self, at: *mut u8) {
                let mut fields = $crate::abi::Fields::at(at);
                // SAFETY: by the caller.
                unsafe { $(fields.lower(self.$field);)* }
            }
        }
    };
}

/// A variant: its cases in the order of the contract, each with at most one type.
macro_rules! variant {
    ($name:ident { $($case:ident $(($type:ty))?),* $(,)? }) => {
        const _: () = {
            /// The number of a case is its place.
            #[repr(u8)]
            enum Case { $($case),* }

            impl $crate::abi::Abi for $name {
                const ALIGN: usize = {
                    let align = 1;
                    $($(let align = $crate::abi::larger(align, <$type>::ALIGN);)?)*
                    align
                };
                const SIZE: usize = {
                    let size = 0;
                    $($(let size = $crate::abi::larger(size, <$type>::SIZE);)?)*
                    $crate::abi::round_up($crate::abi::round_up(1, Self::ALIGN) + size, Self::ALIGN)
                };

                #[inline(never)]
                unsafe fn lift(at: *const u8) -> Self {
                    #[allow(unused_variables, reason = "no case has a value")]
                    // SAFETY: by the caller; which case it is, is said first.
                    let (case, value) = unsafe { (at.read(), at.add($crate::abi::round_up(1, Self::ALIGN))) };
                    $(if case == Case::$case as u8 {
                        // SAFETY: as above.
                        return $name::$case $((unsafe { <$type>::lift(value) }))?;
                    })*
                    core::arch::wasm32::unreachable()
                }

                #[inline(never)]
                unsafe fn lower(self, at: *mut u8) {
                    match self {
                        $($crate::abi::bind!($name::$case, bound $(, $type)?) => {
                            // SAFETY: by the caller.
                            unsafe {
                                at.write(Case::$case as u8);
                                $(<$type as $crate::abi::Abi>::lower(bound, at.add($crate::abi::round_up(1, Self::ALIGN)));)?
                            }
                        })*
                    }
                }
            }
        };
    };
}

/// A case's pattern, with a name for its value if it has one.
macro_rules! bind {
    ($name:ident::$case:ident, $bound:ident) => {
        $name::$case
    };
    ($name:ident::$case:ident, $bound:ident, $type:ty) => {
        $name::$case($bound)
    };
}

pub(crate) use {bind, record, variant};
