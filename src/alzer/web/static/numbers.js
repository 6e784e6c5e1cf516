/** The numbers of a map, from the service. */

import { getPicture } from "./requests.js";

const LENGTH_AT = 8; // of the header of a .npy file, version 1
const HEADER_AT = 10;

/**
 * Read a .npy file of float32 with two axes.
 *
 * Source: NumPy Enhancement Proposal 1, version 1.0.
 */
export function readNumbers(content) {
  const begin = HEADER_AT + new DataView(content).getUint16(LENGTH_AT, true);
  const header = new TextDecoder().decode(content.slice(HEADER_AT, begin));
  const [, rows, columns] = header.match(/'<f4'.*\((\d+), (\d+)\)/).map(Number);
  return new Float32Array(content, begin, rows * columns);
}

/** Get the numbers of a map, row by row, a Float32Array; NaN outside the head. */
export async function getNumbers(address, options) {
  const file = await getPicture(address, options);
  return readNumbers(await file.arrayBuffer());
}
