/** What a person chose: which scans are among the files, before anything is sent. */

import { recognise } from "./headers.js";
import { t, tn } from "./texts.js";

// Headers that are read at the same time.
const AT_ONCE = 16;

/** A scan that was found: its files, what to say of it, and whether it is a head. */
class Candidate {
  constructor(kind, files, facts, header = {}) {
    this.kind = kind; // "slice", or "volume" for whatever may be a whole head
    this.files = files;
    this.facts = facts;
    this.header = header;
  }

  get bytes() {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }
}

/** A file that can't be read, for it has gone from the disk, is not known. */
const recogniseOne = (file) => recognise(file).catch(() => ({ format: null }));

async function recogniseAll(files) {
  const headers = new Array(files.length);
  const waiting = files.keys();
  const work = async () => {
    for (const place of waiting) headers[place] = await recogniseOne(files[place]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return files.map((file, place) => ({ file, header: headers[place] }));
}

const times = (sizes) => sizes.filter((size) => size).join(" × ");

function seriesCandidate(members) {
  const { modality, rows, columns } = members[0].header;
  const frames = members.reduce((sum, { header }) => sum + header.frames, 0);
  const kind = members.length > 1 || frames > 1 ? "volume" : "slice";
  const size = times([columns, rows]);
  const what = rows && columns
    ? tn("1 image of {size}", "{count} images of {size}", frames, { size })
    : tn("1 image", "{count} images", frames);
  const facts = `DICOM${modality ? ` (${modality})` : ""}, ${what}`;
  return new Candidate(kind, members.map(({ file }) => file), facts, members[0].header);
}

function groupSeries(members) {
  const groups = Map.groupBy
    ? Map.groupBy(members, ({ header }) => header.series)
    : members.reduce((map, member) => {
        const { series } = member.header;
        return map.set(series, [...(map.get(series) ?? []), member]);
      }, new Map());
  return [...groups.values()].map(seriesCandidate);
}

const stem = (name) => name.replace(/\.gz$/i, "").replace(/\.[^.]*$/, "").toLowerCase();
const isImageHalf = ({ name }) => /\.img(\.gz)?$/i.test(name);

function volumeCandidate({ file, header }, files) {
  const isPair = /\.hdr(\.gz)?$/i.test(file.name);
  const half = isPair
    ? files.find((other) => isImageHalf(other) && stem(other.name) === stem(file.name))
    : undefined;
  const kind = header.size.every((count) => count > 1) ? "volume" : "slice";
  const facts = t("{format}, {size} voxels", { format: header.format, size: times(header.size) });
  return new Candidate(kind, half ? [file, half] : [file], facts, header);
}

function describe({ file, header }, files) {
  if (header.size) return volumeCandidate({ file, header }, files);
  const kind = header.format === "zip" ? "volume" : "slice";
  return new Candidate(kind, [file], header.format, header);
}

/** Which scan a person most likely means: the largest head. */
function rank(candidate) {
  const isHead = candidate.kind === "volume";
  const isOther = !["", "MR", undefined].includes(candidate.header.modality);
  return [isHead && !isOther ? 1 : 0, candidate.files.length, candidate.bytes];
}

function byRank(one, other) {
  const [first, second] = [rank(one), rank(other)];
  const place = first.findIndex((value, index) => value !== second[index]);
  return place < 0 ? 0 : second[place] - first[place];
}

/**
 * Find the scans among files, by reading their first bytes.
 *
 * Returns them, the likeliest first, and how many files are `leftOut` as no scans.
 */
export async function findScans(files) {
  const read = await recogniseAll(files);
  const known = read.filter(({ header }) => header.format);
  const dicom = known.filter(({ header }) => header.format === "DICOM");
  const others = known.filter(({ header }) => header.format !== "DICOM");
  const scans = [
    ...groupSeries(dicom),
    ...others.map((member) => describe(member, files)),
  ].sort(byRank);
  const taken = new Set(scans.flatMap((scan) => scan.files));
  return { scans, leftOut: files.filter((file) => !taken.has(file)).length };
}
