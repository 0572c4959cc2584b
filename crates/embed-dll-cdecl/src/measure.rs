//! What declarations leave open with `...`, filled in.

use crate::declarations::{Declarations, Name};
use crate::error::LayoutError;
use crate::integer::Integer;
use crate::layout::{self, Layout};
use crate::model::{ConstantOrigin, Field};
use crate::primitive::{Primitive, PrimitiveKind};
use crate::types::{EnumId, RecordId, Type, TypeId};

/// The largest alignment that gcc gives a type.
const MAX_ALIGN: u64 = 1 << 28;

impl Declarations {
    /// Whether arrays of this type make sense: its size is known, or will be.
    pub(crate) fn may_be_item(&self, id: TypeId) -> bool {
        match self.ty(id) {
            Type::Void | Type::Function(_) | Type::Array { length: None, .. } => false,
            Type::Record(record) => self.record(*record).fields.is_some(),
            _ => true,
        }
    }

    /// Whether a field may have this type: as items of arrays, and flexible arrays.
    pub(crate) fn may_be_member(&self, id: TypeId) -> bool {
        matches!(self.ty(id), Type::Array { .. }) || self.may_be_item(id)
    }

    /// Gives the measured layout of a record that was declared with `...`: size and alignment in
    /// bytes, and for each field its name, offset and size in bytes. For other records the
    /// layout is compared with the computed one.
    ///
    /// Fields inside a structure without a name are given as if they were the outer one's.
    ///
    /// # Errors
    ///
    /// When the layout contradicts the declaration, names other fields or misses one. Then nothing
    /// is changed.
    pub fn set_layout(
        &mut self,
        id: RecordId,
        size: u64,
        align: u64,
        fields: &[(&str, u64, u64)],
    ) -> Result<(), LayoutError> {
        let record = self.record(id);
        let name = || record.name.clone();
        let Some(declared) = &record.fields else {
            return Err(LayoutError::Opaque { record: name() });
        };
        let possible = align <= MAX_ALIGN && size <= i64::MAX.unsigned_abs();
        if !possible || !align.is_power_of_two() || !size.is_multiple_of(align) {
            return Err(LayoutError::BadAlignment { record: name(), size, align });
        }
        for (field, ..) in fields {
            if self.field(id, field).is_none() {
                let field = (*field).to_owned();
                return Err(LayoutError::UnknownField { record: name(), field });
            }
        }
        let computed = record.layout.filter(|_| !record.partial);
        let mut measured = declared.clone();
        for field in &mut measured {
            let by_declaration = self.place_field(id, field, size, fields)?;
            if computed.is_some() && by_declaration != field.offset {
                return Err(LayoutError::FieldOffset {
                    record: name(),
                    field: field.name.clone(),
                    given: field.offset,
                    declared: by_declaration,
                });
            }
        }
        if let Some(known) = computed
            && known != (Layout { size, align })
        {
            return Err(LayoutError::Record {
                record: name(),
                given_size: size,
                given_align: align,
                size: known.size,
                align: known.align,
            });
        }
        let lengths: Vec<_> = measured
            .iter()
            .filter(|field| field.open_length)
            .filter_map(|field| {
                let (_, _, bytes) = fields.iter().find(|(name, ..)| *name == field.name)?;
                self.item_count(field.ty, *bytes)
            })
            .collect();
        let mut lengths = lengths.into_iter();
        for field in measured.iter_mut().filter(|field| field.open_length) {
            if let Some((item, count)) = lengths.next() {
                field.ty = self.array_of(item, Some(count));
            }
        }
        let record = &mut self.records[id.at()];
        record.fields = Some(measured);
        record.layout = Some(Layout { size, align });
        self.lay_out_waiting();
        Ok(())
    }

    /// Moves a field to where it was measured, and returns where it was.
    fn place_field(
        &self,
        id: RecordId,
        field: &mut Field,
        size: u64,
        measured: &[(&str, u64, u64)],
    ) -> Result<u64, LayoutError> {
        let before = field.offset;
        let record = || self.record(id).name.clone();
        let name = || field.name.clone();
        if let (true, Type::Record(inner)) = (field.name.is_empty(), self.ty(field.ty)) {
            // Any field of the inner structure tells where that one starts.
            let start = measured
                .iter()
                .find_map(|(name, offset, _)| offset.checked_sub(self.field(*inner, name)?.offset));
            field.offset = start.unwrap_or(before);
            let inner_size = self.size_of(field.ty).unwrap_or(0);
            if field.offset.checked_add(inner_size).is_none_or(|end| end > size) {
                let field = "(without a name)".to_owned();
                return Err(LayoutError::Outside { record: record(), field, size });
            }
            return Ok(before);
        }
        if field.bits.is_some() {
            // The place of a bit field cannot be measured, and such records are never partial.
            return Ok(before);
        }
        let Some(&(_, offset, bytes)) = measured.iter().find(|(name, ..)| *name == field.name)
        else {
            return Err(LayoutError::MissingField { record: record(), field: name() });
        };
        if offset.checked_add(bytes).is_none_or(|end| end > size) {
            return Err(LayoutError::Outside { record: record(), field: name(), size });
        }
        let unfit = match self.size_of(field.ty) {
            Some(declared) => (declared != bytes).then_some(declared),
            None if field.open_length && self.item_count(field.ty, bytes).is_none() => {
                let Type::Array { item, .. } = self.ty(field.ty) else { return Ok(before) };
                self.size_of(*item)
            }
            None => None,
        };
        if let Some(declared) = unfit {
            let ty = self.name(field.ty);
            let (record, field) = (record(), name());
            return Err(LayoutError::FieldSize { record, field, ty, given: bytes, declared });
        }
        field.offset = offset;
        Ok(before)
    }

    /// How many items an array of so many bytes has.
    fn item_count(&self, array: TypeId, bytes: u64) -> Option<(TypeId, u64)> {
        let Type::Array { item, .. } = self.ty(array) else { return None };
        let size = self.size_of(*item).filter(|&size| size > 0)?;
        bytes.is_multiple_of(size).then_some((*item, bytes / size))
    }

    /// Lays out the records that waited for the layout of a type in them.
    fn lay_out_waiting(&mut self) {
        loop {
            let waiting: Vec<_> = (0..self.records.len())
                .map(RecordId::next)
                .filter(|id| {
                    let record = self.record(*id);
                    record.layout.is_none() && !record.partial && record.fields.is_some()
                })
                .collect();
            let before = waiting.len();
            // A record too large for the address space stays without a layout.
            let left = waiting
                .into_iter()
                .filter(|&id| self.lay_out(id).is_err() || self.record(id).layout.is_none())
                .count();
            if left == before {
                return;
            }
        }
    }

    /// Gives the number of items of a variable that was declared with `[...]`.
    ///
    /// # Errors
    ///
    /// When there is no such variable.
    pub fn set_length(&mut self, variable: &str, length: u64) -> Result<(), LayoutError> {
        let not_open = || LayoutError::NotOpen(variable.to_owned());
        let Some(&Name::Variable(at)) = self.names.get(variable) else { return Err(not_open()) };
        let Type::Array { item, .. } = *self.ty(self.variables[at].ty) else {
            return Err(not_open());
        };
        if !self.variables[at].open_length {
            return Err(not_open());
        }
        self.variables[at].ty = self.array_of(item, Some(length));
        Ok(())
    }

    /// Gives the type that a `typedef int... name;` or `typedef float... name;` stands for.
    ///
    /// From now on the name means that type, as in CFFI.
    ///
    /// # Errors
    ///
    /// When there is no such typedef, or it is of the other kind.
    pub fn set_number(&mut self, name: &str, primitive: Primitive) -> Result<(), LayoutError> {
        let found = self.numbers.iter().position(|number| number.name == name);
        let Some(at) = found else { return Err(LayoutError::NotOpen(name.to_owned())) };
        let number = &mut self.numbers[at];
        let fits = match primitive.kind() {
            PrimitiveKind::Float => number.float,
            PrimitiveKind::Integer { .. } => !number.float,
            _ => false,
        };
        if !fits {
            let (name, primitive) = (name.to_owned(), primitive.name());
            return Err(LayoutError::NumberKind { name, primitive });
        }
        number.primitive = Some(primitive);
        let ty = number.ty;
        let id = self.primitive(primitive);
        self.types.redefine(ty, Type::Primitive(primitive));
        if let Some(&Name::Typedef(at)) = self.names.get(name) {
            self.typedefs[at].ty.id = id;
        }
        self.lay_out_waiting();
        Ok(())
    }

    /// Gives the value of a constant that was declared with `...`, or compares it with the
    /// declared one.
    ///
    /// # Errors
    ///
    /// When there is no such constant, or it was declared with another value.
    pub fn set_constant(&mut self, name: &str, value: i128) -> Result<(), LayoutError> {
        let Some(&Name::Constant(at)) = self.names.get(name) else {
            return Err(LayoutError::NotOpen(name.to_owned()));
        };
        let constant = &mut self.constants[at];
        match constant.value {
            Some(declared) if declared == value => return Ok(()),
            Some(declared) => {
                let name = name.to_owned();
                return Err(LayoutError::Constant { name, given: value, declared });
            }
            None => {
                constant.value = Some(value);
                constant.ty = Integer::smallest(value).primitive();
            }
        }
        if let ConstantOrigin::Enumerator(id) = constant.origin {
            self.extend_enum(id);
        }
        Ok(())
    }

    /// Lists an enumeration's values again after one of them became known.
    fn extend_enum(&mut self, id: EnumId) {
        let known = self
            .constants
            .iter()
            .filter(|constant| constant.origin == ConstantOrigin::Enumerator(id));
        let enumerators: Vec<_> =
            known.filter_map(|constant| Some((constant.name.clone(), constant.value?))).collect();
        let base = layout::enum_base(enumerators.iter().map(|&(_, value)| value));
        let enumeration = &mut self.enums[id.at()];
        enumeration.enumerators = enumerators;
        let Some(base) = base.filter(|&base| base != enumeration.base) else { return };
        enumeration.base = base;
        // The size of whatever contains it may be another now.
        for record in self.records.iter_mut().filter(|record| !record.partial) {
            record.layout = None;
        }
        self.lay_out_waiting();
    }
}
