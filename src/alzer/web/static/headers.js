/** What the first bytes of a file say of its format and size. */

import { isDicom, readTags } from "./dicom.js";

const FIRST_BYTES = 4096;
const TAGS_BYTES = [32 * 1024, 1024 * 1024]; // of few files more than the first

/** Read the first bytes of a file, unpacked where it is gzipped. */
async function firstBytes(file) {
  const bytes = new Uint8Array(await file.slice(0, FIRST_BYTES).arrayBuffer());
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzipped ? unpackFirst(file) : bytes;
}

async function unpackFirst(file) {
  const unpacked = new Uint8Array(FIRST_BYTES);
  const stream = file.stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  let count = 0;
  try {
    while (count < FIRST_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      unpacked.set(value.subarray(0, FIRST_BYTES - count), count);
      count += value.length;
    }
  } catch {
    return new Uint8Array(0); // damaged: the service says how
  }
  reader.cancel().catch(() => {});
  return unpacked.subarray(0, Math.min(count, FIRST_BYTES));
}

const starts = (bytes, ...signature) =>
  signature.every((value, place) => bytes[place] === value);

/** Source: nifti1.h and nifti2.h (`sizeof_hdr`, `dim`, `qform_code`, `sform_code`). */
function niftiHeader(bytes) {
  if (bytes.length < 348) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = [348, 540].includes(view.getInt32(0, true));
  const isSecond = view.getInt32(0, little) === 540;
  if (!isSecond && view.getInt32(0, little) !== 348) return null;
  const dimension = (number) =>
    isSecond
      ? Number(view.getBigInt64(16 + 8 * number, little))
      : view.getInt16(40 + 2 * number, little);
  const codes = isSecond
    ? [view.getInt32(344, little), view.getInt32(348, little)]
    : [view.getInt16(252, little), view.getInt16(254, little)];
  const isAnalyze = !isSecond && bytes[344] !== 0x6e; // 'n' of 'n+1' and 'ni1'
  return {
    format: isAnalyze ? "Analyze" : "NIfTI",
    size: [1, 2, 3].map(dimension),
    tellsSides: !isAnalyze && codes.some((code) => code > 0),
  };
}

/** Source: FreeSurfer's description of MGH (version, sizes, `goodRASFlag`). */
function mghHeader(bytes) {
  if (bytes.length < 284) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = [4, 8, 12].map((place) => view.getInt32(place));
  const isSensible = size.every((count) => count > 0 && count < 2 ** 15);
  if (view.getInt32(0) !== 1 || !isSensible) return null;
  return { format: "MGH", size, tellsSides: view.getInt16(28) === 1 };
}

async function dicomHeader(file) {
  let tags = null;
  for (const count of TAGS_BYTES) {
    tags ??= readTags(new Uint8Array(await file.slice(0, count).arrayBuffer()));
  }
  return { format: "DICOM", ...(tags ?? { series: "", modality: "", frames: 1 }) };
}

const PICTURES = [
  ["PNG", (bytes) => starts(bytes, 0x89, 0x50, 0x4e, 0x47)],
  ["JPEG", (bytes) => starts(bytes, 0xff, 0xd8, 0xff)],
  ["TIFF", (bytes) => starts(bytes, 0x49, 0x49) || starts(bytes, 0x4d, 0x4d)],
  ["BMP", (bytes) => starts(bytes, 0x42, 0x4d)],
  ["WebP", (bytes) => starts(bytes, 0x52, 0x49, 0x46, 0x46)],
  ["GIF", (bytes) => starts(bytes, 0x47, 0x49, 0x46)],
];

/**
 * Recognise a file by its first bytes.
 *
 * Returns its `format`, and for a volume its `size` in voxels and whether it
 * `tellsSides` (left and right), for DICOM its tags; `format` is null for others.
 */
export async function recognise(file) {
  const bytes = await firstBytes(file);
  if (isDicom(bytes)) return dicomHeader(file);
  const known = PICTURES.find(([, matches]) => matches(bytes));
  if (known) return { format: known[0] };
  if (starts(bytes, 0x50, 0x4b, 3, 4)) return { format: "zip" };
  return niftiHeader(bytes) ?? mghHeader(bytes) ?? { format: null };
}
