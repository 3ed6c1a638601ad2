//! Everything is written once, into one buffer, and an object whose members did not come in order
//! is put in order where it stands.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// Whole numbers up to here are written as anybody would write them; larger ones as the nearest
/// number that has a place in a double.
const EXACT: u128 = 1 << 53;

/// A line of the audit chain is shorter, a plan is longer.
const USUAL: usize = 1 << 10;

pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut sorted = Sorted {
        out: Vec::with_capacity(USUAL),
        ..Sorted::default()
    };
    // Whatever is written goes through the formatter, which has a buffer of its own.
    let mut serializer = Serializer::with_formatter(io::sink(), &mut sorted);
    value.serialize(&mut serializer)?;
    Ok(sorted.out)
}

/// A member of an object that is not finished.
#[derive(Clone, Copy)]
struct Member {
    /// Where its name's first quotation mark is.
    begin: usize,
    /// Behind the name's last one.
    named: usize,
    end: usize,
    /// Whether the bytes of the name sort as its UTF-16 does.
    plain: bool,
}

#[derive(Default)]
struct Sorted {
    out: Vec<u8>,
    /// Of all objects that are not finished, the outermost first.
    members: Vec<Member>,
    /// For each of these objects, how many members come before its own.
    open: Vec<usize>,
    /// Kept for members that change places.
    spare: Vec<u8>,
}

impl Sorted {
    fn text(&self, begin: usize, end: usize) -> &[u8] {
        self.out.get(begin..end).unwrap_or_default()
    }

    /// A member's name as it is written, without quotation marks.
    fn name(&self, member: &Member) -> &[u8] {
        self.text(member.begin + 1, member.named - 1)
    }

    fn begin_member(&mut self) {
        let begin = self.out.len();
        self.members.push(Member {
            begin,
            named: begin,
            end: begin,
            plain: true,
        });
    }

    fn end_name(&mut self) {
        let named = self.out.len();
        if let Some(member) = self.members.last_mut() {
            member.named = named;
            let name = self.out.get(member.begin..named).unwrap_or_default();
            member.plain = name.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
        }
    }

    fn end_member(&mut self) {
        let end = self.out.len();
        if let Some(member) = self.members.last_mut() {
            member.end = end;
        }
    }

    /// Put the members of the innermost object in order, and forget them.
    fn end_members(&mut self) -> io::Result<()> {
        let first = self.open.pop().unwrap_or_default();
        let own = self.members.get(first..).unwrap_or_default();
        let plain = own.iter().all(|member| member.plain);
        if !plain || !own.is_sorted_by(|one, next| self.name(one) < self.name(next)) {
            let mut own = own.to_vec();
            if plain {
                own.sort_unstable_by(|one, other| self.name(one).cmp(self.name(other)));
            } else {
                self.sort_as_utf16(&mut own)?;
            }
            if !own.is_sorted_by(|one, next| self.name(one) != self.name(next)) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a name stands twice in one object",
                ));
            }
            self.rewrite(&own);
        }
        self.members.truncate(first);
        Ok(())
    }

    /// By what the names say, not by how that is escaped.
    fn sort_as_utf16(&self, own: &mut [Member]) -> io::Result<()> {
        let mut named = Vec::with_capacity(own.len());
        for member in own.iter() {
            let name: String = serde_json::from_slice(self.text(member.begin, member.named))?;
            named.push((name.encode_utf16().collect::<Vec<u16>>(), *member));
        }
        named.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (place, (_, member)) in own.iter_mut().zip(named) {
            *place = member;
        }
        Ok(())
    }

    fn rewrite(&mut self, own: &[Member]) {
        let mut spare = std::mem::take(&mut self.spare);
        spare.clear();
        for member in own {
            if !spare.is_empty() {
                spare.push(b',');
            }
            spare.extend_from_slice(self.text(member.begin, member.end));
        }
        // What was written of the object ends with its members, and is as long as before.
        self.out.truncate(self.out.len() - spare.len());
        self.out.extend_from_slice(&spare);
        self.spare = spare;
    }

    fn whole(&mut self, value: i128) -> io::Result<()> {
        if value.unsigned_abs() <= EXACT {
            CompactFormatter.write_i128(&mut self.out, value)
        } else {
            self.number(value as f64)
        }
    }

    fn number(&mut self, value: f64) -> io::Result<()> {
        let text = serde_json_canonicalizer::to_vec(&value)?;
        self.out.write_all(&text)
    }
}

/// Numbers that have a place among the small whole ones.
macro_rules! whole {
    ($($write:ident($number:ty);)*) => {
        $(fn $write<W: ?Sized + Write>(&mut self, _: &mut W, value: $number) -> io::Result<()> {
            self.whole(value.into())
        })*
    };
}

impl Formatter for &mut Sorted {
    whole! {
        write_i8(i8);
        write_i16(i16);
        write_i32(i32);
        write_i64(i64);
        write_i128(i128);
        write_u8(u8);
        write_u16(u16);
        write_u32(u32);
        write_u64(u64);
    }

    fn write_u128<W: ?Sized + Write>(&mut self, _: &mut W, value: u128) -> io::Result<()> {
        match i128::try_from(value) {
            Ok(value) => self.whole(value),
            Err(_) => self.number(value as f64),
        }
    }

    fn write_f32<W: ?Sized + Write>(&mut self, _: &mut W, value: f32) -> io::Result<()> {
        self.number(value.into())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _: &mut W, value: f64) -> io::Result<()> {
        self.number(value)
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, _: &mut W, value: &str) -> io::Result<()> {
        self.number(value.parse().map_err(io::Error::other)?)
    }

    fn write_null<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b"null")
    }

    fn write_bool<W: ?Sized + Write>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        CompactFormatter.write_bool(&mut self.out, value)
    }

    fn begin_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b"\"")
    }

    fn end_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b"\"")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.out.write_all(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(&mut self.out, escape)
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        // Nobody knows whether it is canonical.
        Err(io::Error::other("raw JSON is not written canonically"))
    }

    fn begin_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_array_value(&mut self.out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.open.push(self.members.len());
        self.out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.end_members()?;
        self.out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_object_key(&mut self.out, first)?;
        self.begin_member();
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.end_name();
        Ok(())
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.out.write_all(b":")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.end_member();
        Ok(())
    }
}
