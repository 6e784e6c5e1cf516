/**
 * Reading a few tags of a DICOM file: which series it is of, and how large it is.
 *
 * Nothing that tells who the person is gets read. Source: DICOM PS3.5, sections 7.1
 * (data elements), 7.5 (nesting) and PS3.10, section 7.1 (the head of a file).
 */

const SERIES = 0x0020000e;
const MODALITY = 0x00080060;
const FRAMES = 0x00280008;
const ROWS = 0x00280010;
const COLUMNS = 0x00280011; // the last that is looked for
const SYNTAX = 0x00020010;

const SEQUENCE_ENDS = 0xfffee0dd;
const ITEM_GROUP = 0xfffe;
const UNDEFINED = 0xffffffff;

const IMPLICIT = "1.2.840.10008.1.2";
const UNREADABLE_HERE = new Set([
  "1.2.840.10008.1.2.1.99", // deflated
  "1.2.840.10008.1.2.2", // big endian
]);

// Value representations with a length of four bytes.
const LONG = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

const PREFIX_BYTES = 132;

/** Return whether these bytes begin a DICOM file. */
export function isDicom(bytes) {
  const hasPrefix = text(bytes, 128, 4) === "DICM";
  // Bare ones begin with a small tag of group 8: PS3.5, section 7.1.
  const isBare = bytes[0] === 8 && bytes[1] === 0 && bytes[2] <= 0x18 && bytes[3] === 0;
  return hasPrefix || (isBare && bytes.length > PREFIX_BYTES);
}

function text(bytes, start, length) {
  const part = bytes.subarray(start, start + length);
  return String.fromCharCode(...part).replace(/[\0 ]+$/, "");
}

class Reader {
  constructor(bytes, place, isExplicit) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.place = place;
    this.isExplicit = isExplicit;
  }

  /** Read the head of the next element; a RangeError where the bytes end. */
  next() {
    const group = this.view.getUint16(this.place, true);
    const tag = group * 0x10000 + this.view.getUint16(this.place + 2, true);
    const isExplicit = (this.isExplicit || group === 2) && group !== ITEM_GROUP;
    const kind = isExplicit ? text(this.bytes, this.place + 4, 2) : "";
    const isShort = isExplicit && !LONG.has(kind);
    const lengthAt = this.place + (isExplicit ? 6 : 4);
    if (isShort) {
      this.place += 8;
      return { tag, kind, length: this.view.getUint16(lengthAt, true) };
    }
    const at = isExplicit ? lengthAt + 2 : lengthAt;
    this.place = at + 4;
    return { tag, kind, length: this.view.getUint32(at, true) };
  }

  value({ kind, tag, length }) {
    const isNumber = kind === "US" || tag === ROWS || tag === COLUMNS;
    if (isNumber) return this.view.getUint16(this.place, true);
    return text(this.bytes, this.place, length);
  }
}

/** Read the values of elements that lie outside of sequences, up to the columns. */
function collect(bytes, start, isExplicit) {
  const reader = new Reader(bytes, start, isExplicit);
  const values = new Map();
  let depth = 0;
  while (!values.has(COLUMNS)) {
    const element = reader.next();
    if (element.tag === SEQUENCE_ENDS) depth -= 1;
    if (element.length === UNDEFINED) {
      if (element.tag >>> 16 !== ITEM_GROUP) depth += 1;
      continue; // what it holds is walked through
    }
    if (depth === 0 && element.tag > COLUMNS) break;
    if (depth === 0) keep(values, element, reader);
    reader.place += element.length;
    if (element.tag === SYNTAX) {
      const syntax = values.get(SYNTAX);
      if (UNREADABLE_HERE.has(syntax)) break;
      reader.isExplicit = syntax !== IMPLICIT;
    }
  }
  return values;
}

const WANTED = new Set([SYNTAX, MODALITY, SERIES, FRAMES, ROWS, COLUMNS]);

function keep(values, element, reader) {
  if (!WANTED.has(element.tag)) return;
  if (reader.place + element.length > reader.bytes.length) throw new RangeError("cut");
  values.set(element.tag, reader.value(element));
}

/**
 * Read what the beginning of a DICOM file says of its series and size.
 *
 * Returns null where these bytes end too early; what a file does not say is missing.
 */
export function readTags(bytes) {
  const hasPrefix = text(bytes, 128, 4) === "DICM";
  // A bare one tells by the letters behind its first tag whether it is explicit.
  const isExplicit = hasPrefix || /^[A-Z]{2}$/.test(text(bytes, 4, 2));
  let values;
  try {
    values = collect(bytes, hasPrefix ? PREFIX_BYTES : 0, isExplicit);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return {
    series: values.get(SERIES) ?? "",
    modality: /^[A-Z]{2}$/.test(values.get(MODALITY)) ? values.get(MODALITY) : "",
    frames: Number.parseInt(values.get(FRAMES) ?? "1", 10) || 1,
    rows: values.get(ROWS),
    columns: values.get(COLUMNS),
  };
}
