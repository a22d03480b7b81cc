//! XML, read forward with `quick-xml`.

use std::io;
use std::sync::Arc;

use quick_xml::events::Event;
use quick_xml::{Error, Reader};

use super::{HELD, Metered};
use crate::rules::faults::xml::{State, is_cut, unfinished};
use crate::rules::faults::{FaultKind, Faults};

/// Reads a document.
pub(in super::super) fn walk(
    data: &mut Metered<'_>,
    _: &[u8],
    faults: &mut Faults,
) -> io::Result<()> {
    let meter = data.meter;
    let before = meter.at.get();
    let mut reader = Reader::from_reader(data);
    reader.config_mut().check_end_names = true;
    let mut state = State::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        meter.step();
        let start = reader.buffer_position();
        let step = match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => match state.unfinished(start) {
                Some((at, Some(_))) => Err((at, "an element is never closed".to_owned(), true)),
                Some((at, None)) => Err((at, unfinished(None), true)),
                None => return Ok(()),
            },
            Ok(event) => state.take(&event, start).map_err(|(at, wrong)| (at, wrong, false)),
            Err(Error::Io(error)) => {
                let error = Arc::try_unwrap(error).unwrap_or_else(|error| error.kind().into());
                return meter.refuse(error, faults);
            }
            // Other encodings are the business of the rules about encodings.
            Err(Error::Encoding(_)) => return Ok(()),
            Err(error) => {
                let wrong = error.to_string();
                let is_cut = is_cut(&wrong);
                Err((reader.error_position(), wrong, is_cut))
            }
        };
        if let Err((at, wrong, is_cut)) = step {
            let at = before + at;
            let detail = format!("offset {at}: {wrong}");
            if is_cut {
                faults.truncated(at, detail);
            } else {
                faults.malformed(at, 1, detail);
            }
            return Ok(());
        }
        if state.names() > HELD {
            let at = before + start;
            let detail =
                format!("from offset {at} on, for the names of open elements are too long");
            faults.tell(FaultKind::Unread, at, 0, detail);
            return Ok(());
        }
    }
}
